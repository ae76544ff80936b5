package io.ballast;

import io.ballast.config.EvaluationConfig;
import io.ballast.config.ModelConfig;
import io.ballast.data.Example;
import io.ballast.data.Tokenizer;
import io.ballast.eval.BatchScorer;
import io.ballast.eval.Evaluation;
import io.ballast.eval.Likelihood;
import io.ballast.eval.TextRows;
import io.ballast.python.Bridge;
import io.ballast.tensor.DirectBuffers;
import io.ballast.tensor.Tensor;
import io.ballast.train.BridgeScorer;
import io.ballast.train.OpenedModel;
import io.ballast.train.StandaloneEvaluation;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A model that was opened: writes, scores, is evaluated, shows its tensors.
 *
 * <pre>{@code
 * try (Model model = ballast.openModel(run.folder())) {
 *     System.out.println(model.generate("Question: What is anatomy?\nAnswer:", Generation.greedy(60)));
 * }
 * }</pre>
 *
 * <p>Many threads may use one model. Their requests are let in as {@link Ballast.Builder} says, and take turns after every
 * few tokens or batches, also with a run that trains meanwhile. A request ends early when its {@code stopped} says so,
 * when its thread is interrupted, when its time is over or when the model is closed; the model stays usable. A
 * closed model that is asked anything throws {@link IllegalStateException}.
 */
public final class Model implements AutoCloseable {
    private static final BooleanSupplier NEVER = () -> false;
    private static final int ROWS_IN_A_BATCH = 16;

    private final Bridge bridge;
    private final RequestGate gate;
    private final OpenedModel opened;
    private final Completions completions;
    /** Requests read; the writer closes. */
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
    private volatile boolean closed;

    private Model(Bridge bridge, RequestGate gate, OpenedModel opened) {
        this.bridge = bridge;
        this.gate = gate;
        this.opened = opened;
        this.completions = new Completions(bridge, opened);
    }

    static Model open(Bridge bridge, RequestGate gate, ModelConfig config) {
        return new Model(bridge, gate, OpenedModel.open(bridge, config));
    }

    /** @return the folder it was opened from */
    public Path folder() {
        return opened.folder();
    }

    /** @return what it is */
    public ModelInfo info() {
        return opened.info();
    }

    /** @return its tokenizer, open as long as the model is */
    public Tokenizer tokenizer() {
        return opened.tokenizer();
    }

    /**
     * Completes a prompt.
     *
     * @param prompt what the model reads; one that leaves no room for the answer loses its beginning
     * @param how    how it writes
     * @return what it writes, without the stop text
     * @throws InvalidInputException   when {@code how} wants as many tokens as the model reads at once, or more
     * @throws StoppedException        when the request was stopped; a {@link TimeLimitException} when it took too long
     * @throws BusyException           when too many requests wait
     * @throws TrainingFailedException when the model answers NaN
     */
    public String generate(String prompt, Generation how) {
        return generate(List.of(prompt), how).get(0);
    }

    /**
     * Completes prompts together. In a batch the likeliest token may be another one than alone, where two are equally
     * likely up to rounding.
     *
     * @param prompts what the model reads
     * @param how     how it writes
     * @return a text for each prompt
     * @throws InvalidInputException   as for one prompt
     * @throws StoppedException        when the request was stopped; a {@link TimeLimitException} when it took too long
     * @throws BusyException           when too many requests wait
     * @throws TrainingFailedException when the model answers NaN
     */
    public List<String> generate(List<String> prompts, Generation how) {
        return request(NEVER, request -> completions.write(prompts, how, null, request::check));
    }

    /**
     * Completes prompts and tells what is written as it comes.
     *
     * @param prompts what the model reads
     * @param how     how it writes
     * @param pieces  is given the next piece of a text and the place of its prompt, on this thread; a piece is held back as
     *                long as it may become a stop text
     * @param stopped is asked after every few tokens
     * @return a text for each prompt: its pieces together
     * @throws InvalidInputException   as for one prompt
     * @throws StoppedException        when the request was stopped; a {@link TimeLimitException} when it took too long
     * @throws BusyException           when too many requests wait
     * @throws TrainingFailedException when the model answers NaN
     */
    public List<String> generate(List<String> prompts, Generation how, ObjIntConsumer<String> pieces,
            BooleanSupplier stopped) {
        Objects.requireNonNull(pieces, "pieces");
        Objects.requireNonNull(stopped, "stopped");
        return request(stopped, request -> completions.write(prompts, how, pieces, request::check));
    }

    /**
     * Log-probabilities of texts given what comes before them, made into tokens as lm-eval does.
     *
     * @param continuations the texts
     * @return of each its log-probability in nats, whether every token is the likeliest, and how many tokens it has
     * @throws InvalidInputException   for a text without tokens
     * @throws StoppedException        when the request was stopped; a {@link TimeLimitException} when it took too long
     * @throws BusyException           when too many requests wait
     * @throws TrainingFailedException when the model answers NaN
     */
    public List<Likelihood> score(List<Continuation> continuations) {
        TextRows rows = new TextRows(opened.tokenizer(), opened.info().maxLength());
        List<Example> examples = IntStream.range(0, continuations.size()).mapToObj(i -> rows.continuation(
                continuations.get(i).context(), continuations.get(i).text(), "continuation " + i)).toList();
        return request(NEVER, request -> List.of(new BatchScorer(new BridgeScorer(bridge, opened.handle()),
                ROWS_IN_A_BATCH).score(examples, (done, total) -> { }, () -> {
                    request.check();
                    return false;
                })));
    }

    /**
     * Scores the model on tasks, as {@code ballast eval} does.
     *
     * @param evaluation what is measured; its {@code general} entries come first
     * @param listener   hears how far it is, on this thread
     * @param stopped    is asked between batches
     * @return what the model scored, item by item
     * @throws InvalidInputException when a task or a row cannot be used
     * @throws StoppedException      when {@code stopped} says so
     */
    public Evaluation evaluate(EvaluationConfig evaluation, RunListener listener, BooleanSupplier stopped) {
        return whileOpen(() -> StandaloneEvaluation.of(bridge, opened, evaluation, listener,
                () -> closed || stopped.getAsBoolean()));
    }

    /**
     * Writes the model so that anything reads it: a Hugging Face checkpoint, or a PEFT adapter, with its tokenizer.
     *
     * @param target a folder; files of the same names in it are replaced
     * @throws InvalidInputException       when it cannot be written
     * @throws MissingEnvironmentException when the disk is full
     */
    public void save(Path target) {
        whileOpen(() -> {
            bridge.models().save(opened.handle(), target);
            return null;
        });
    }

    /** @return names of its parameters, as PyTorch has them; a tied head is there once */
    public List<String> parameterNames() {
        return whileOpen(() -> bridge.tensors().parameterNames(opened.handle()));
    }

    /**
     * A parameter, without a copy on a CPU: the buffers show the model's own memory.
     *
     * @param name as {@link #parameterNames()} has it
     * @return it, in its own shape and the dtype it has in memory, to be closed
     * @throws InvalidInputException when there is none of this name, with the nearest
     */
    public Tensor parameter(String name) {
        Objects.requireNonNull(name, "name");
        return whileOpen(() -> bridge.tensors().parameter(opened.handle(), name));
    }

    /**
     * What the model says about token rows, all of them at once: the whole result is in memory.
     *
     * @param ids    [rows, length] token ids: a direct buffer in native byte order is read where it lies, another one is
     *               copied; borrowed for the call
     * @param rows   how many rows
     * @param length tokens in each
     * @return [rows, length, vocabulary] float32, to be closed: for each position the next token's logits
     * @throws IllegalArgumentException when {@code rows} or {@code length} is less than 1, or there are fewer ids
     * @throws InvalidInputException    when an id is not the model's, or the rows are longer than it reads
     * @throws TrainingFailedException  when the model answers NaN
     */
    public Tensor logits(LongBuffer ids, int rows, int length) {
        LongBuffer direct = direct(ids, rows, length);
        return request(NEVER, request -> bridge.tensors().logits(opened.handle(), direct, rows, length));
    }

    /**
     * What the model's layers hand on.
     *
     * @param ids    [rows, length] token ids, as for {@link #logits}
     * @param rows   how many rows
     * @param length tokens in each
     * @return the embedding's, then each block's, the last one behind the final norm, as transformers has them: one more
     *         than blocks, each [rows, length, hidden size] float32 and to be closed
     * @throws IllegalArgumentException when {@code rows} or {@code length} is less than 1, or there are fewer ids
     * @throws InvalidInputException    when an id is not the model's, or the rows are longer than it reads
     */
    public List<Tensor> hiddenStates(LongBuffer ids, int rows, int length) {
        LongBuffer direct = direct(ids, rows, length);
        return request(NEVER, request -> bridge.tensors().hiddenStates(opened.handle(), direct, rows, length));
    }

    private LongBuffer direct(LongBuffer ids, int rows, int length) {
        if (rows < 1 || length < 1) {
            throw new IllegalArgumentException("Expected at least one row of at least one token; found " + rows
                    + " rows of " + length + ".");
        }
        if (length > info().maxLength()) {
            throw new InvalidInputException("Expected rows of at most " + info().maxLength()
                    + " tokens, which the model reads at once; found " + length + ".");
        }
        return DirectBuffers.of(ids, Math.multiplyExact(rows, length));
    }

    private <T> T request(BooleanSupplier stopped, Function<RequestGate.Request, T> work) {
        checkOpen();
        return gate.run(() -> closed || stopped.getAsBoolean(), request -> whileOpen(() -> work.apply(request)));
    }

    private <T> T whileOpen(Supplier<T> work) {
        use.readLock().lock();
        try {
            checkOpen();
            return work.get();
        } finally {
            use.readLock().unlock();
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("The model of " + opened.folder() + " is closed. Open it again.");
        }
    }

    /**
     * Stops the requests under way, waits for them and frees the model. Tensors stay readable. May be called twice.
     *
     * @throws IllegalStateException when a request of this model calls it: that one would wait for itself
     */
    @Override
    public void close() {
        if (use.getReadHoldCount() > 0) {
            throw new IllegalStateException("A model cannot be closed by what hears one of its requests. Stop the request"
                    + " instead, and close the model after it.");
        }
        closed = true;
        use.writeLock().lock();
        try {
            opened.close();
        } finally {
            use.writeLock().unlock();
        }
    }
}
