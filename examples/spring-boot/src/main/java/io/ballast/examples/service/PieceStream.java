package io.ballast.examples.service;

import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.springframework.http.MediaType;

/** Server-sent events in a response; the data are JSON, since a piece of text may have line breaks. */
final class PieceStream {
    private final HttpServletResponse response;
    private final ObjectMapper json;
    private boolean clientGone;

    PieceStream(HttpServletResponse response, ObjectMapper json) {
        this.response = response;
        this.json = json;
    }

    void send(String name, Object data) {
        try {
            response.setContentType(MediaType.TEXT_EVENT_STREAM_VALUE);
            String event = "event:" + name + "\ndata:" + json.writeValueAsString(data) + "\n\n";
            response.getOutputStream().write(event.getBytes(StandardCharsets.UTF_8));
            response.flushBuffer();
        } catch (IOException e) {
            clientGone = true;
        }
    }

    boolean isClientGone() {
        return clientGone;
    }
}
