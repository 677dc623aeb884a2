"""OpenAI's protocol, so that its client, LangChain and other programs can ask."""
