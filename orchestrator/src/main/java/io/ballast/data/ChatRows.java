package io.ballast.data;

import io.ballast.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Chats as prompt and completion: what the model's template writes before the last message, which must be the
 * assistant's, is read; the rest is learned.
 */
final class ChatRows {
    private final String column;
    private final ChatRenderer renderer;

    /** A chat's two texts, special tokens written out. */
    record Rendered(String prompt, String completion) {
    }

    ChatRows(String column, ChatRenderer renderer) {
        if (renderer == null) {
            throw new IllegalArgumentException("Chat rows need a chat renderer");
        }
        this.column = column;
        this.renderer = renderer;
    }

    List<Rendered> render(List<Row> rows) {
        List<List<?>> chats = rows.stream().<List<?>>map(this::messages).toList();
        List<String> prompts = render(rows, chats.stream().<List<?>>map(chat -> chat.subList(0, chat.size() - 1))
                .toList(), true);
        List<String> whole = render(rows, chats, false);
        List<Rendered> rendered = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            String prompt = prompts.get(i);
            if (!whole.get(i).startsWith(prompt)) {
                throw rows.get(i).invalid("the chat template writes the start of this chat differently once the "
                        + "answer is there, so that the answer cannot be told apart. Use \"prompt\" and \"completion\"");
            }
            rendered.add(new Rendered(prompt, whole.get(i).substring(prompt.length())));
        }
        return rendered;
    }

    private List<?> messages(Row row) {
        List<?> messages = row.list(column);
        if (messages.size() < 2 || !(messages.get(messages.size() - 1) instanceof Map<?, ?> last)
                || !"assistant".equals(last.get("role"))) {
            throw row.invalid("the field '" + column + "' should be a list of messages {role, content} whose last one, "
                    + "but not the only one, has the role assistant");
        }
        return messages;
    }

    private List<String> render(List<Row> rows, List<List<?>> chats, boolean addGenerationPrompt) {
        try {
            return renderer.render(chats.stream().map(Row::json).toList(), addGenerationPrompt);
        } catch (InvalidInputException wrong) {
            throw located(rows, chats, addGenerationPrompt, wrong);
        }
    }

    /** Chats are rendered together; only once something is wrong is it asked which one it was. */
    private InvalidInputException located(List<Row> rows, List<List<?>> chats, boolean addGenerationPrompt,
            InvalidInputException wrong) {
        for (int i = 0; i < rows.size(); i++) {
            try {
                renderer.render(List.of(Row.json(chats.get(i))), addGenerationPrompt);
            } catch (InvalidInputException here) {
                return rows.get(i).invalid(here);
            }
        }
        return wrong;
    }
}
