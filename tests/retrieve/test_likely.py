from ondol.retrieve.likely import likeliest


def test_texts_with_rare_words_of_the_question_are_kept_in_their_order():
    texts = ["the mill turns"] * 5 + ["the heron nests in May"] + ["the mill rests"] * 5 + ["a heron"]
    assert likeliest("When does the heron nest?", texts, 2) == [5, 11]


def test_korean_words_are_found_behind_their_particles():
    texts = ["방앗간은 쉽니다."] * 6 + ["왜가리가 오월에 옵니다."]
    assert likeliest("왜가리는 언제 오나요?", texts, 1) == [6]


def test_without_a_common_word_the_first_ones_are_kept():
    assert likeliest("zzz", ["a b"] * 9, 3) == [0, 1, 2]


def test_few_texts_are_all_kept():
    assert likeliest("heron", ["mill", "heron"], 2) == [0, 1]
