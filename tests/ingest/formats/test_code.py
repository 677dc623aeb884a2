"""Source code: a chunk knows its function."""

import runpy
import time
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats import code
from ondol.ingest.formats.code_patterns import PATTERNS

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
PYTHON = '''"""구들장을 데우는 모듈."""
import os


# how warm
@cache
def heat(floor: int = 1) -> int:
    """데운다."""
    return floor + 1


class Stove(Base):
    size = 3

    async def burn(self):
        def inner(): ...
        return "\\d"
'''


def titles(parsed):
    return [(heading.level, heading.title) for heading in parsed.headings]


def test_python_functions_and_classes_are_headings_that_begin_with_their_comments():
    parsed = code.read_python(PYTHON.encode(), "stove")
    assert (parsed.text, parsed.title, parsed.format) == (PYTHON, "stove", "python")
    assert titles(parsed) == [(1, "def heat"), (1, "class Stove"), (2, "async def burn")]
    assert parsed.text.startswith("# how warm\n@cache\ndef heat", parsed.headings[0].start)
    assert [parsed.text[start:end].split("\n")[0] for start, end in parsed.whole] == [
        '"""구들장을 데우는 모듈."""', "# how warm", "class Stove(Base):", "    async def burn(self):",
    ]  # fmt: skip


def test_python_that_does_not_parse_is_read_by_its_lines():
    parsed = code.read_python(b"def old():\n    print 'x'\n\nclass A:\n    def b(self): pass\n", "x")
    assert titles(parsed) == [(1, "def old"), (1, "class A"), (2, "def b")]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("javascript", "export default async function load(a) {\n  if (a) {\n  }\n}\nclass A extends B {\n"
         "  async get(id) {\n    items.map((x) => {\n    });\n  }\n}\nconst add = (a, b) => a + b;\nconst x = 5;\n"
         "export interface P<T> {\n}\nexport type Q = {\n};\n",
         "1 export default async function load|1 class A|2 async get|1 const add|1 export interface P<T>"
         "|1 export type Q"),
        ("java", "package a;\n\n/** Doc. */\n@Entity\npublic final class Stove {\n    private int a = b(1);\n"
         "    public static int heat(int x) throws E {\n        for (int i : x) {\n        }\n        return a(x);\n"
         "    }\n    enum Kind { A }\n}\n", "1 public final class Stove|2 public static int heat|2 enum Kind"),
        ("c", "#include <a.h>\nstruct point {\n  int x;\n};\nstatic int *add(int a, int b)\n{\n    if (a) {\n    }\n"
         "    return a;\n}\nint declared(int);\nvoid Stove::heat(int a) const {\n}\nint x = 5;\nnamespace a {\n}\n"
         "class API B : public C {\n};\n",
         "1 struct point|1 static int *add|1 void Stove::heat|1 namespace a|1 class API B"),
        ("csharp", "namespace A\n{\n    [Serializable]\n    public class B : C\n    {\n"
         "        public async Task<int> Get(int x) {\n"
         "        }\n    }\n}\n", "1 namespace A|2 public class B|3 public async Task<int> Get"),
        ("go", "package a\n\n// Heat warms.\nfunc (s *Stove) Heat(x int) error {\n}\nfunc main() {\n}\n"
         "type Stove struct {\n}\n",
         "1 func (s *Stove) Heat|1 func main|1 type Stove"),
        ("rust", "/// Doc\n#[derive(Debug)]\npub struct A<T> {\n}\nimpl<T> B for A<T> {\n"
         "    pub fn get(&self) -> i32 {\n    }\n}\n"
         "pub(crate) async fn run() {\n}\n"
         "", "1 pub struct A<T>|1 impl<T> B for A<T>|2 pub fn get|1 pub(crate) async fn run"),
        ("ruby", "module A\n  class B < C\n    def go?(x)\n    end\n  end\nend\n", "1 module A|2 class B|2 def go?"),
        ("php", "<?php\nfinal class A {\n    public function get(int $a): int {\n    }\n}\nfunction b() {}\n",
         "1 final class A|2 public function get|1 function b"),
        ("swift", "struct A: B {\n    func go() -> Int {\n    }\n}\nextension A {\n}\n"
         "", "1 struct A|2 func go|1 extension A"),
        ("kotlin", "data class A(val b: Int)\nfun String.go(): Int = 1\nobject B {\n    suspend fun c() {\n    }\n}\n",
         "1 data class A|1 fun String.go|1 object B|2 suspend fun c"),
        ("shell", "#!/bin/sh\n# greet\ngreet() {\n  echo hi\n}\nfunction bye {\n}\n", "1 greet|1 function bye"),
        ("sql", "-- people\ncreate table if not exists people (\n  id int\n);\n"
         "CREATE OR REPLACE FUNCTION f(a int)\nRETURNS int AS $$\n"
         "SELECT 1;\nCREATE UNIQUE INDEX i ON people (id);\n",
         "1 create table if not exists people|1 CREATE OR REPLACE FUNCTION f|1 CREATE UNIQUE INDEX i"),
        ("r", "heat <- function(x) {\n}\ny <- 3\n", "1 heat <- function"),
        ("lua", "local function a(x)\nend\nfunction M.b()\nend\n", "1 local function a|1 function M.b"),
        ("perl", "package A::B;\nsub go {\n}\n", "1 package A::B|1 sub go"),
        ("scala", "case class A(b: Int)\nobject B {\n  def c(x: Int): Int = {\n  }\n}\n"
         "", "1 case class A|1 object B|2 def c"),
        ("elixir", "defmodule A.B do\n  def go(x) do\n  end\nend\n", "1 defmodule A.B|2 def go"),
        ("julia", "function go(x)\nend\nmutable struct A\nend\n", "1 function go|1 mutable struct A"),
        ("zig", "pub fn main() void {\n}\nconst A = struct {\n    pub fn b() void {\n    }\n};\n",
         "1 pub fn main|1 const A = struct|2 pub fn b"),
        ("haskell", "data A = B\ngo :: Int -> Int\ngo x = x\n", "1 data A|1 go"),
        ("powershell", "function Get-Heat {\n}\n", "1 function Get-Heat"),
        ("proto", "message A {\n}\nservice B {\n  rpc Get(A) returns (A);\n}\n", "1 message A|1 service B|2 rpc Get"),
        ("graphql", "type Query {\n  a: Int\n}\n", "1 type Query"),
        ("make", "A := 1\nall: b c\n\techo\nb:\n", "1 all|1 b"),
        ("docker", "FROM python:3.11 AS build\nRUN x\n", "1 FROM python:3.11 AS build"),
        ("ini", "[server]\nport = 80\n[구들]\na = b\n", "1 [server]|1 [구들]"),
        ("css", "a { color: red }\n@media print {\n}\n", "1 @media print"),
        ("dart", "class A extends B {\n  int go(int x) {\n  }\n}\nvoid main() {\n}\n"
         "", "1 class A|2 int go|1 void main"),
        ("matlab", "function y = go(x)\nend\n", "1 function y = go"),
        ("vue", "<template>\n</template>\n<script setup>\n</script>\n", "1 <template>|1 <script setup>"),
        ("properties", "a.b=c\n", ""),
    ],
)  # fmt: skip
def test_definitions_are_headings(language, text, expected):
    parsed = code.read_code(text.encode(), "x", language=language)
    assert parsed.text == text
    assert "|".join(f"{level} {title}" for level, title in titles(parsed)) == expected
    starts = {heading.start for heading in parsed.headings}
    assert all(start == 0 or text[start - 1] == "\n" for start in starts)


def test_every_language_has_a_reader():
    for language in PATTERNS:
        assert getattr(code, f"read_{language}")(b"text\n", "x").format == language


def test_large_blocks_are_cut_at_empty_lines_and_then_at_lines():
    paragraph = "\n".join(f"    value_{n} = compute({n})" for n in range(20))
    lines = "\n".join(f"    other_{n} = compute({n}, {n})" for n in range(60))
    text = f"def big():\n{paragraph}\n\n{lines}\n"
    parts = [text[start:end] for start, end in code.read_python(text.encode(), "x").whole]
    assert parts[0] == f"def big():\n{paragraph}"
    assert parts[1:] == lines.split("\n")


def test_letters_of_old_korean_files_are_read_and_binaries_are_not():
    text = "/* 구들장을 데운다 */\nint heat() {\n}\n"
    assert code.read_c(text.encode("cp949"), "x").text == text
    assert code.read_python("# -*- coding: latin-1 -*-\n# é\n".encode("latin-1"), "x").text.endswith("# é\n")
    with pytest.raises(UnusableInput, match="binary"):
        code.read_c(bytes(range(256)), "x")


@pytest.mark.parametrize("language", PATTERNS)
def test_hostile_code_takes_no_time(language):
    started = time.perf_counter()
    for piece in (
        "a ",
        "a(",
        "f()) ",
        "* & ",
        "<a>",
        "static ",
        "\t",
        "[",
        "a\n",
        "class a\n",
        "  f(" + ")" * 300 + "\n",
    ):
        code.read_code((piece * (40_000 // len(piece))).encode() + b"x", "x", language=language)
    assert time.perf_counter() - started < 10


def test_damaged_code_never_hangs():
    check_reader(code.read_python, PYTHON.encode())
    check_reader(code.read_javascript, b"class A {\n  go(x) {\n    return x;\n  }\n}\n" * 20)
