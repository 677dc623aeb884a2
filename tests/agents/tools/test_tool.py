import pytest
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool

from ondol.agents import TOOLS
from ondol.agents.tools.tool import ToolArgs, make_tool
from ondol.errors import UnusableInput
from ondol.registry import resolve


class Nothing(BaseRetriever):
    def _get_relevant_documents(self, query, *, run_manager):
        return [Document(page_content=query)]


@pytest.fixture
def make(tmp_path):
    """Any tool of the registry, with what it needs."""
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("simpleeval")
    (tmp_path / "a.db").touch()
    needs = {
        "search_documents": (Nothing(),), "search_web": ("http://127.0.0.1:8888",),
        **dict.fromkeys(("list_files", "read_file", "find_in_files"), ([tmp_path],)),
        **dict.fromkeys(("list_tables", "query_database"), (tmp_path / "a.db",)),
    }  # fmt: skip
    return lambda name: resolve("ondol.agents", TOOLS, name, what="tool")(*needs.get(name, ()))


@pytest.mark.parametrize("name", TOOLS)
def test_every_tool_says_what_it_does_to_the_world(make, name):
    tool = make(name)
    assert isinstance(tool, BaseTool)
    assert tool.name == name
    effect, untrusted = tool.metadata["effect"], tool.metadata.get("untrusted", False)
    assert effect == ("network" if name in ("fetch_page", "search_web") else "read")
    assert untrusted == (name not in ("calculator", "dates"))


@pytest.mark.parametrize("name", TOOLS)
def test_every_argument_is_explained_shortly(make, name):
    schema = make(name).tool_call_schema.model_json_schema()
    assert "runtime" not in schema["properties"]
    assert all(0 < len(field["description"]) < 250 for field in schema["properties"].values())
    assert len(schema["description"]) < 250


@pytest.fixture
def divide():
    from pydantic import Field

    class Args(ToolArgs):
        number: int
        by: int = Field(2)

    def run(number, by):
        if by == 0:
            raise UnusableInput("It is {by}.", hint="Give another one.", by=by)
        return str(number // by)

    return make_tool(run, name="divide", description="Divides.", args=Args)


@pytest.mark.parametrize("args", [{"number": 9}, {"number": "9", "by": None}, {"number": 9, "by": ""}])
def test_what_small_models_leave_empty_has_its_default(divide, args):
    assert divide.invoke(args) == "4"


def test_a_mistake_is_told_to_the_model_with_what_to_do(divide):
    call = {"name": "divide", "args": {"number": 1, "by": 0}, "id": "1", "type": "tool_call"}
    message = divide.invoke(call)
    assert (message.content, message.status) == ("Error: It is 0.\nGive another one.", "error")


@pytest.mark.parametrize(
    ("args", "told"), [({}, "number: Field required"), ({"number": "nine"}, "number: Input should be a valid integer")]
)
def test_wrong_arguments_are_told_to_the_model(divide, args, told):
    text = divide.invoke(args)
    assert text.startswith("Error: the arguments are not right (")
    assert told in text


def test_a_bug_keeps_its_traceback():
    class Args(ToolArgs):
        pass

    def run():
        raise KeyError("bug")

    with pytest.raises(KeyError):
        make_tool(run, name="bug", description="Breaks.", args=Args).invoke({})
