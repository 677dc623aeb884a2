"""What most tutorials show first, in English and Korean: three short texts in Chroma, and a question about them.

    python examples/tutorial_rag.py

Needs the extra `chroma` and the default models (`ondol setup`); some seconds. `tutorial_rag.ipynb` has the same code.
"""

import tempfile
from pathlib import Path

import ondol

TEXTS = {
    "en": {
        "rag": "RAG is short for retrieval-augmented generation: fitting passages are looked up first, and the model "
        "answers from them.",
        "langchain": "LangChain is a Python library that joins prompts, models and retrievers into one program.",
        "embeddings": "An embedding turns a text into a list of numbers, so that texts of like meaning lie close by.",
    },
    "ko": {
        "rag": "RAG는 검색 증강 생성의 줄임말로, 질문에 맞는 글을 먼저 찾고 모델이 그 글을 보고 답하는 방법입니다.",
        "langchain": "랭체인은 프롬프트와 모델, 검색기를 하나의 프로그램으로 이어 주는 파이썬 라이브러리입니다.",
        "embeddings": "임베딩은 글을 숫자 목록으로 바꾼 것이며, 뜻이 비슷한 글은 서로 가까이 놓입니다.",
    },
}
QUESTIONS = {"en": "What is RAG?", "ko": "RAG는 무엇인가요?"}


def main() -> None:
    embeddings = ondol.open_embeddings("onnx:multilingual-e5-small")
    model = ondol.open_model("llama.cpp:gemma-3-270m")
    with tempfile.TemporaryDirectory() as folder:
        for language, texts in TEXTS.items():
            store = ondol.open_vector_store("chroma", embeddings, where=Path(folder) / language)
            store.add_texts(list(texts.values()), [{"source": name} for name in texts], ids=list(texts))
            answer = ondol.ask(QUESTIONS[language], store.as_retriever(), model, embeddings=embeddings)
            print(f"Q: {answer.question}\nA: {answer.answer}")
            for citation in answer.citations:
                print(f"   [{citation.mark}] {citation.source}, characters {citation.start}–{citation.end}")
            store.close()
    model.close()


if __name__ == "__main__":
    main()
