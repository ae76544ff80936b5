"""What only the Java side needs of Python beside `ballast.bridge`: handles, lent memory, a sink for output, scalars."""
