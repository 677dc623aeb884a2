"""What definitions look like in the languages that ondol reads: from the margin of a line to the end of a name."""

from __future__ import annotations

MODIFIERS = (
    r"(?:(?:public|private|protected|internal|static|final|abstract|async|export|default|declare|sealed|open|override|"
    r"virtual|partial|data|inline|extern|unsafe|readonly|synchronized|suspend|pub(?:\([^)\n]{1,20}\))?)[ \t]+)*"
)
CLASS = (
    rf"{MODIFIERS}(?:(?:annotation|enum|case) )?(?:class|interface|enum|struct|trait|record|object|namespace|module|"
    r"protocol|extension|mixin)[ \t]+[\w$.<>:]+(?=[^;=]*(?:\{|\n|$))"
)
C_FUNCTION = (
    r"(?!(?:return|else|typedef|using|case|goto|throw|new|delete|await)\b)(?:[A-Za-z_][\w:<>,]*[ \t*&]+){1,6}"
    r"[\w:~]+[ \t]*\((?=[^;\n]*(?:\n|\{))"
)
METHOD = (
    rf"{MODIFIERS}(?!(?:return|else|throw|new|await|yield|case|if|for|while|switch|catch)\b)"
    r"(?:[\w<>\[\],.?]+[ \t]+){0,4}[\w$]+[ \t]*\((?![^\n]*\bfunction\b)[^;\n]{0,300}\)[^;=\n]{0,100}\{"
)
MEMBER = rf"{CLASS}|{METHOD}"
PATTERNS: dict[str, tuple[str, str]] = {
    "python": (r"(?:async[ \t]+def|def|class)[ \t]+\w+", r"(?:async[ \t]+def|def)[ \t]+\w+"),
    "javascript": (
        rf"{CLASS}|{MODIFIERS}function\b\*?[ \t]*[\w$]+|{MODIFIERS}type[ \t]+[\w$]+(?=[ \t<]*[^=\n]{{0,80}}=)"
        r"|(?:export[ \t]+)?(?:const|let|var)[ \t]+[\w$]+"
        r"(?=[^=\n]{0,120}=[ \t]*(?:async\b|function\b|\([^\n]*=>|[\w$]+[ \t]*=>))",
        METHOD,
    ),
    "java": (rf"{CLASS}|{MODIFIERS}@interface[ \t]+\w+", MEMBER),
    "c": (rf"(?:template[ \t]*<[^>\n]{{1,80}}>[ \t]*)?(?:typedef[ \t]+)?(?:struct|union|enum|class|namespace)[ \t]+"
          r"(?:[A-Z][A-Z0-9_]+[ \t]+(?=\w))?\w+"
          rf"(?=[^;\n]*(?:\n|\{{))|{C_FUNCTION}", METHOD),
    "csharp": (CLASS, MEMBER),
    "go": (r"func[ \t]+(?:\([^)\n]{1,100}\)[ \t]*)?\w+|type[ \t]+\w+", ""),
    "rust": (rf"{MODIFIERS}(?:(?:const|unsafe|async|extern(?:[ \t]+\"C\")?)[ \t]+)*(?:fn|struct|enum|trait|mod|"
             rf"union|type|macro_rules!|impl(?:<[^>\n]{{0,100}}>)?)[ \t]+[^({{;\n]{{1,120}}",
             rf"{MODIFIERS}(?:(?:const|unsafe|async)[ \t]+)*fn[ \t]+\w+"),
    "ruby": (r"(?:class|module|def)[ \t]+[\w.:?!<= ]+", r"(?:class|module|def)[ \t]+[\w.:?!]+"),
    "php": (rf"{CLASS}|{MODIFIERS}function[ \t]+&?\w+", rf"{MODIFIERS}function[ \t]+&?\w+"),
    "swift": (rf"{CLASS}|{MODIFIERS}func[ \t]+\w+", rf"{MODIFIERS}(?:func[ \t]+\w+|init\b)"),
    "kotlin": (rf"{CLASS}|{MODIFIERS}fun[ \t]+(?:<[^>\n]{{1,60}}>[ \t]*)?[\w.<>]+", rf"{MODIFIERS}fun[ \t]+[\w.<>]+"),
    "scala": (rf"(?:implicit[ \t]+)?{CLASS}|{MODIFIERS}def[ \t]+\w+", rf"{MODIFIERS}def[ \t]+\w+"),
    "shell": (r"function[ \t]+[\w:-]+|[\w:-]+[ \t]*\([ \t]*\)", ""),
    "powershell": (r"(?:function|filter|class)[ \t]+[\w:-]+", ""),
    "sql": (r"(?:CREATE|ALTER|DROP)[ \t]+(?:OR[ \t]+REPLACE[ \t]+)?(?:\w+[ \t]+){1,3}?"
            r"(?:IF[ \t]+(?:NOT[ \t]+)?EXISTS[ \t]+)?[\w.\"`\[\]$#]+"
            r"(?=[ \t]*(?:\(|AS\b|ON\b|\n|;|$|ADD|BEFORE|AFTER|RETURNS))", ""),
    "r": (r"[\w.]+[ \t]*(?:<-|=)[ \t]*function\b", ""),
    "matlab": (r"(?:function\b|classdef\b)[^\n%]{1,150}|[-+][ \t]*\([^)\n]{1,60}\)[ \t]*\w+"
               r"|@(?:interface|implementation)[ \t]+\w+", r"function\b[^\n%]{1,150}"),
    "lua": (r"(?:local[ \t]+)?function[ \t]+[\w.:]+", ""),
    "perl": (r"(?:sub|package)[ \t]+[\w:]+", ""),
    "dart": (rf"{CLASS}|{C_FUNCTION}", METHOD),
    "zig": (r"(?:pub[ \t]+)?(?:export[ \t]+)?(?:fn[ \t]+\w+|const[ \t]+\w+[ \t]*=[ \t]*(?:struct|enum|union)\b)",
            r"(?:pub[ \t]+)?fn[ \t]+\w+"),
    "elixir": (r"defmodule[ \t]+[\w.]+", r"defp?[ \t]+[\w?!]+"),
    "haskell": (r"(?:data|newtype|class|instance|module|type)[ \t]+[^=\n]{1,100}?(?=[ \t]*(?:=|where|\n|$))"
                r"|[a-z_][\w']*(?=[ \t]*::)", ""),
    "julia": (r"(?:function|macro|struct|mutable struct|abstract type|module)[ \t]+[\w.!]+", ""),
    "proto": (r"(?:message|service|enum)[ \t]+\w+", r"rpc[ \t]+\w+"),
    "graphql": (r"(?:extend[ \t]+)?(?:type|input|interface|enum|union|scalar|query|mutation|fragment)[ \t]+\w+", ""),
    "make": (r"[\w./%$(){}-]+(?:[ \t]+[\w./%$(){}-]+){0,5}[ \t]*:(?![=:])", ""),
    "docker": (r"FROM[ \t]+\S+(?:[ \t]+AS[ \t]+\S+)?", ""),
    "ini": (r"\[[^\]\n]{1,200}\]", ""),
    "properties": ("", ""),
    "css": (r"@(?:media|keyframes|layer|supports)\b[^{;\n]{0,120}|/\*[ \t]*[=*#-]{2,}[^\n]{1,100}", ""),
    "vue": (r"<(?:template|script|style)\b[^>\n]{0,100}>", r"(?:async[ \t]+)?function[ \t]+\w+"),
}  # fmt: skip
CASELESS = {"sql", "docker", "powershell"}
