package io.ballast.data;

import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Turns rows into examples as a data entry says: a text, a prompt with its completion, or a chat. */
final class RowEncoder {
    private final ExampleEncoder encoder;
    private final DataConfig data;
    private final Template text;
    private final Template prompt;
    private final Template completion;
    private final ChatRows chats;

    RowEncoder(DataConfig data, ExampleEncoder encoder, ChatRenderer renderer) {
        int kinds = (data.text() == null ? 0 : 1) + (data.messages() == null ? 0 : 1)
                + (data.prompt() == null && data.completion() == null ? 0 : 1);
        if (kinds != 1 || (data.prompt() == null) != (data.completion() == null)) {
            throw new InvalidInputException("The data entry " + data.path() + " should have \"text\", or \"prompt\" "
                    + "with \"completion\", or \"messages\", and one of these only.");
        }
        this.encoder = encoder;
        this.data = data;
        this.text = template(data.text());
        this.prompt = template(data.prompt());
        this.completion = template(data.completion());
        this.chats = data.messages() == null ? null : new ChatRows(data.messages(), renderer);
    }

    private static Template template(String source) {
        return source == null ? null : Template.parse(source);
    }

    /**
     * Prepares some rows on the calling thread (chats are rendered here, all at once); what it gives may then run
     * on any thread.
     */
    List<Supplier<EncodedRow>> prepare(List<Row> rows) {
        List<Supplier<EncodedRow>> work = new ArrayList<>(rows.size());
        if (chats != null) {
            List<ChatRows.Rendered> rendered = chats.render(rows);
            for (int i = 0; i < rows.size(); i++) {
                ChatRows.Rendered chat = rendered.get(i);
                Row row = rows.get(i);
                work.add(() -> located(row, () -> encoder.rendered(chat.prompt(), chat.completion())));
            }
        } else {
            rows.forEach(row -> work.add(() -> encode(row)));
        }
        return work;
    }

    private EncodedRow encode(Row row) {
        if (text != null) {
            return new EncodedRow(encoder.text(text.render(row), data.endOfText()), null);
        }
        String read = prompt.render(row);
        String learned = completion.render(row);
        return located(row, () -> encoder.completion(read, learned));
    }

    private static EncodedRow located(Row row, Supplier<Example> encoding) {
        try {
            return new EncodedRow(encoding.get(), null);
        } catch (CompletionTruncatedException tooLong) {
            return new EncodedRow(null, row.invalid(tooLong));
        } catch (InvalidInputException wrong) {
            throw row.invalid(wrong);
        }
    }
}
