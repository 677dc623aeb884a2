"""Steps over texts, each a function that returns a LangChain runnable: they compose with `|`, also with one's own.

    chain = summarise(model) | translate(model, to="ko") | sentiment(model)
    chain.invoke(load_documents("notes.pdf"))

A text is a string, a Document, a sequence of Documents or messages, an Answer, or a mapping with "text".
"""

from ondol.registry import Entry

CHAINS = {
    "ask": Entry("ask:ask_library", about="an answer to each question from the documents, with citations"),
    "classify": Entry("classify:classify", about="one of several labels (--labels a,b)"),
    "condense": Entry("summarise:condense", about="a conversation in fewer words"),
    "extract": Entry("extract:extract", about="fields as JSON that fits a schema (--schema FILE.json)"),
    "question": Entry("question:answer_question", about="the answer to a question about a text (--question)"),
    "sentiment": Entry("sentiment:sentiment", about="positive, neutral or negative"),
    "summarise": Entry("summarise:summarise", about="a text of any length in a few sentences"),
    "summarise-qa-sentiment": Entry(
        "summarise_qa_sentiment:summarise_qa_sentiment", about="a summary, an answer to a question, the sentiment"
    ),
    "translate": Entry("translate:translate", about="English in Korean, Korean in English (--to en|ko)"),
}
