package io.ballast.data;

import java.util.List;

/** Renders chats with the model's own chat template. */
@FunctionalInterface
public interface ChatRenderer {
    /**
     * Renders some chats.
     *
     * @param messagesJson        each a JSON list of messages with {@code role} and {@code content}
     * @param addGenerationPrompt whether the text ends with what opens the assistant's turn
     * @return the texts, one for each chat
     */
    List<String> render(List<String> messagesJson, boolean addGenerationPrompt);
}
