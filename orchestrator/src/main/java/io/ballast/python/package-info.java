/**
 * The bridge to CPython, embedded through Jep in this process.
 *
 * <p>Threads: CPython runs on one thread, {@code ballast-python}, started with the first
 * {@link io.ballast.python.Bridge} and kept until the JVM ends: closing an interpreter and making
 * another crashes the JVM (ninia/jep#522, #523). Any thread may call a {@code Bridge}; calls are
 * queued in order and the caller waits. Only one {@code Bridge} is open at a time; closing it frees
 * what it held in Python and leaves the interpreter to the next one.
 *
 * <p>Buffers: large data crosses in direct buffers in native byte order. Java allocates and owns
 * them; Python borrows one for the length of a call and keeps no reference to it.
 *
 * <p>Errors: a Python exception becomes a {@link io.ballast.BallastException} that says what to do,
 * or a {@link io.ballast.python.PythonException} with the type and traceback when it is nobody's
 * input.
 */
package io.ballast.python;
