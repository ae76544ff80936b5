"""Java's collections as Jep hands them over."""


class JavaMap:
    """What Jep makes of a java.util.Map: Python's protocols over Java's methods."""

    def __init__(self, content):
        self.content = content

    def keySet(self):
        return set(self.content)

    def __iter__(self):
        return iter(self.content)

    def __getitem__(self, key):
        return self.content[key]


class JavaList:
    def __init__(self, *content):
        self.content = content

    def __iter__(self):
        return iter(self.content)
