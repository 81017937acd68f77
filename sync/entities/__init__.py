"""Entity lists: what they are, who writes to them, what tablets get of them.

`datasets` are the lists with their properties, `publishing` what a published form adds to them. `writing`
makes entities and versions for people, `intake` for submissions, by the rules in `applying`. `reading` opens
them again. `lists` makes the files for tablets, `integrity` answers about what a tablet made offline.
"""
