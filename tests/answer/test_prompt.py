from ondol.answer.prompt import chat_prompt


def test_a_chat_is_in_the_language_of_the_question():
    system, asked = chat_prompt("언제 여나요?", ["아침에 연다."])
    assert system.content.startswith("번호가 붙은 자료만")
    assert "영어로 되어 있어도" not in system.content
    assert asked.content == "자료:\n[1] 아침에 연다.\n\n질문: 언제 여나요?"


def test_sources_in_the_other_language_are_to_be_answered_from_in_the_questions():
    system, _ = chat_prompt("언제 여나요?", ["아침에 연다.", "It opens at nine."])
    assert "영어로 되어 있어도 한국어로 답하고" in system.content
    system, _ = chat_prompt("When does it open?", ["아침에 연다."])
    assert "Write English, also where a source is in Korean" in system.content
