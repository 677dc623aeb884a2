"""What an agent can do: every `make_*` builds one LangChain tool."""
