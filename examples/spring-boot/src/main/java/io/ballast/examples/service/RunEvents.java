package io.ballast.examples.service;

import io.ballast.InvalidInputException;
import io.ballast.RunEvent;
import io.ballast.RunListener;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * The events of a run, kept for subscribers that come late. All is done on a thread of its own: so training does not
 * wait for a client's network, and nothing here needs a lock.
 */
final class RunEvents implements RunListener {
    private static final Executor SENDING = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "run-events");
        thread.setDaemon(true);
        return thread;
    });

    private final List<RunEvent> heard = new ArrayList<>();
    private final List<SseEmitter> subscribers = new ArrayList<>();
    private boolean ended;

    @Override
    public void event(RunEvent event) {
        if (!event.type().equals("scoring")) { // one for each batch of an evaluation: too many to keep
            SENDING.execute(() -> {
                heard.add(event);
                List.copyOf(subscribers).forEach(subscriber -> send(subscriber, heard.size()));
            });
        }
    }

    /** No more events will come. */
    void end() {
        SENDING.execute(() -> {
            ended = true;
            subscribers.forEach(SseEmitter::complete);
            subscribers.clear();
        });
    }

    /**
     * Sends what was heard, and what will be.
     *
     * @param after the number of the last event that this subscriber has, 0 for none
     */
    SseEmitter subscribe(int after) {
        if (after < 0) {
            throw new InvalidInputException("Last-Event-ID: expected the id of an event, or 0; found " + after + ".");
        }
        SseEmitter subscriber = new SseEmitter(0L); // however long the run takes
        SENDING.execute(() -> {
            subscribers.add(subscriber);
            for (int number = after + 1; number <= heard.size() && subscribers.contains(subscriber); number++) {
                send(subscriber, number);
            }
            if (ended && subscribers.remove(subscriber)) {
                subscriber.complete();
            }
        });
        return subscriber;
    }

    /** As a line of {@code events.jsonl} has it, and {@code ballast schema events}. */
    private void send(SseEmitter subscriber, int number) {
        RunEvent event = heard.get(number - 1);
        try {
            subscriber.send(SseEmitter.event().id(String.valueOf(number)).name(event.type()).data(event.toJson()));
        } catch (IOException | IllegalStateException clientIsGone) {
            subscribers.remove(subscriber);
        }
    }
}
