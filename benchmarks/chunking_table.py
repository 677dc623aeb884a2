def print_tables(rows): print(len(rows))
