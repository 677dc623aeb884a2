"""Agents: the tools by the name that the model calls them by."""

from ondol.registry import Entry

TOOLS = {
    "calculator": Entry("tools.calculator:make_calculator", extra="agents", about="arithmetic with exact results"),
    "dates": Entry("tools.dates:make_dates", about="today, weekdays, and how far days are apart"),
    "fetch_page": Entry("tools.web:make_fetch_page", about="read one public web page; leaves this machine"),
    "find_in_files": Entry("tools.files:make_find_in_files", about="find a text in the files of allowed folders"),
    "list_files": Entry("tools.files:make_list_files", about="what stands in allowed folders"),
    "list_tables": Entry("tools.sql:make_list_tables", extra="sql", about="tables and columns of a database"),
    "query_database": Entry("tools.sql:make_query_database", extra="sql", about="one SELECT, read only"),
    "read_file": Entry("tools.files:make_read_file", about="read a file or document in allowed folders"),
    "search_documents": Entry("tools.documents:make_search_documents", about="passages of your documents, numbered"),
    "search_web": Entry("tools.search_engine:make_search_web", about="ask a SearxNG server; leaves this machine"),
}
"""Those that leave this machine, or read folders and databases, are made only where a caller names them."""
