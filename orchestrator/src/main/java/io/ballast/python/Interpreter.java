package io.ballast.python;

import io.ballast.MissingEnvironmentException;
import io.ballast.StoppedException;
import jep.JepConfig;
import jep.JepException;
import jep.MainInterpreter;
import jep.PyConfig;
import jep.SharedInterpreter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The one CPython of this JVM and the thread that owns it. Made once, never closed. */
final class Interpreter {
    private static final Logger LOGGER = LoggerFactory.getLogger(Interpreter.class);
    /** PyTorch's autograd and deep Python recursion need more than a JVM thread's usual 1 MiB. */
    private static final long STACK_BYTES = 64L << 20;

    /**
     * How long a thread looks for the other one's move before it sleeps: a sleeper wakes after 5 to 50 µs, and in
     * training one call comes a few microseconds after the other's end. With one core there is nobody to look for.
     */
    private static final long SPIN_NANOSECONDS = Runtime.getRuntime().availableProcessors() > 1 ? 30_000 : 0;

    private static Interpreter instance;

    private final PythonEnvironment environment;
    private final LinkedBlockingQueue<Runnable> calls = new LinkedBlockingQueue<>();
    private final Thread thread;
    private final ReentrantLock inPython = new ReentrantLock();
    private final AtomicReference<Runnable> beforeEnd = new AtomicReference<>(() -> { });
    private volatile boolean ended;
    private SharedInterpreter python;

    private Interpreter(PythonEnvironment environment) {
        this.environment = environment;
        thread = new Thread(null, this::serve, "ballast-python", STACK_BYTES);
        thread.setDaemon(true);
    }

    /**
     * The interpreter of this JVM, started on the first call.
     *
     * @param environment what to embed
     * @return the interpreter
     * @throws MissingEnvironmentException when it cannot start
     * @throws StoppedException            when the JVM is ending
     * @throws IllegalStateException       when another environment is embedded already
     */
    static synchronized Interpreter start(PythonEnvironment environment) {
        if (instance == null) {
            Interpreter started = new Interpreter(environment);
            started.endWithJvm();
            started.thread.start();
            started.call(started::open);
            instance = started;
        }
        if (!instance.environment.equals(environment)) {
            throw new IllegalStateException("This JVM embeds " + instance.environment.executable()
                    + " already and can embed no second Python; found a request for " + environment.executable()
                    + ". Use the first one, or start another JVM.");
        }
        return instance;
    }

    private void endWithJvm() {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(this::end, "ballast-python-end"));
        } catch (IllegalStateException ending) {
            throw new StoppedException("Stopped before Python was started: the JVM is ending.");
        }
    }

    /** What is done when the JVM ends, before Python takes no more calls: it may still call. */
    void beforeEnd(Runnable action) {
        beforeEnd.set(action);
    }

    /**
     * The JVM is ending. Its exit destroys PyTorch's static objects, and a thread that is inside PyTorch
     * then crashes the process: so the call under way is waited for, and none begins after it.
     */
    private void end() {
        beforeEnd.get().run();
        ended = true;
        inPython.lock();
        inPython.unlock();
    }

    boolean hasEnded() {
        return ended;
    }

    private Void open() {
        try {
            MainInterpreter.setJepLibraryPath(environment.jepLibrary().toString());
            // The program name alone makes CPython find the virtual environment, its base, and sys.executable.
            MainInterpreter.setInitParams(new PyConfig().setProgramName(environment.executable().toString()));
            SharedInterpreter.setConfig(new JepConfig().addIncludePaths(environment.packagePath().toString())
                    .setClassEnquirer(new NoJavaPackages()));
            python = new SharedInterpreter();
            python.runScript(environment.packagePath().resolve("ballast/java/embedded.py").toString());
            return null;
        } catch (JepException | UnsatisfiedLinkError e) {
            throw new MissingEnvironmentException("CPython could not be embedded from " + environment.executable()
                    + ": " + e.getMessage() + ". Run './ballast doctor', then './ballast setup'.", e);
        }
    }

    /** Runs a call on the interpreter's thread and waits for it; what it throws is thrown here. */
    <T> T call(Supplier<T> work) {
        if (Thread.currentThread() == thread) {
            return work.get();
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        calls.add(() -> {
            try {
                answer.complete(ifNotEnded(work));
            } catch (Throwable e) { // whatever it is belongs to the caller; this thread must live on
                answer.completeExceptionally(e);
            }
        });
        spinUntil(answer::isDone);
        return Answers.join(answer);
    }

    /** Runs a call on the interpreter's thread when its turn comes; nobody waits for it or hears of its failure. */
    void later(Runnable work) {
        calls.add(() -> {
            try {
                ifNotEnded(() -> {
                    work.run();
                    return null;
                });
            } catch (RuntimeException nobodyWaits) {
                LOGGER.debug("a call that nobody waits for failed", nobodyWaits);
            }
        });
    }

    private static void spinUntil(BooleanSupplier happened) {
        long end = System.nanoTime() + SPIN_NANOSECONDS;
        while (!happened.getAsBoolean() && System.nanoTime() < end) {
            Thread.yield(); // onSpinWait would keep the other thread off a core that both share: 70 µs a call
        }
    }

    private <T> T ifNotEnded(Supplier<T> work) {
        inPython.lock();
        try {
            if (ended) {
                throw new StoppedException("The process is ending, so Python takes no more calls.");
            }
            return work.get();
        } finally {
            inPython.unlock();
        }
    }

    /** Calls a function of {@code ballast.bridge}; only on the interpreter's thread. */
    Object invoke(String function, Object... arguments) {
        return python.invoke("bridge." + function, arguments);
    }

    private void serve() {
        while (true) {
            spinUntil(() -> !calls.isEmpty());
            try {
                calls.take().run();
            } catch (InterruptedException e) {
                // Nobody interrupts this thread on purpose, and Python must outlive an accident.
            }
        }
    }
}
