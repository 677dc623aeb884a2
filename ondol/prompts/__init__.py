"""Named, versioned prompts in English and Korean, each a file of text with its variables and settings on top.

    ---
    name: greet
    version: 2
    language: en
    about: Greets somebody by name.
    variables: [who]
    model: {max_tokens: 40, temperature: 0}
    ---
    ## system
    You greet people in one short sentence.
    ## user
    Greet {who}.

`load_prompt` (ondol.prompts.load) finds one by name: in `./prompts`, in `prompts` of the home, then among ours. What
else a file may hold stands in `ondol.prompts.read`.
"""
