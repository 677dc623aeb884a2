"""How right an answer is, and how sure a figure: for what is evaluated and for what is taught."""
