"""The chat template of a base that has none, once it is taught to answer."""

from __future__ import annotations

import hashlib

TUNED_TEMPLATE = """\
{{- bos_token -}}
{%- for message in messages -%}
{%- if message.role == 'system' -%}{{ message.content }}

{% elif message.role == 'user' -%}User:
{{ message.content }}

{% else -%}Assistant:
{{ message.content }}{{ eos_token }}

{% endif -%}
{%- endfor -%}
{%- if add_generation_prompt %}Assistant:
{% endif -%}"""
"""Words instead of marks: a base has read `User:` often, and a mark of its vocabulary never. Lines of their own keep
the first token of an answer free of the space that follows a colon."""


def template_hash(template: str) -> str:
    return hashlib.sha256(template.encode()).hexdigest()
