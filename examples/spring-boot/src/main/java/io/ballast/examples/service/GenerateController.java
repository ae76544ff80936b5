package io.ballast.examples.service;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ballast.BallastException;
import io.ballast.Run;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Lets a model complete a prompt: the service's own, or that of a run. */
@RestController
class GenerateController {
    private static final MediaType PLAIN = new MediaType(MediaType.TEXT_PLAIN, StandardCharsets.UTF_8);

    private final OpenModels models;
    private final Runs runs;
    private final ObjectMapper json;
    private final Path ownModel;

    GenerateController(OpenModels models, Runs runs, ObjectMapper json, @Value("${service.model}") String ownModel) {
        this.models = models;
        this.runs = runs;
        this.json = json;
        this.ownModel = Path.of(ownModel); // a Path of Spring's would start from the folder of Tomcat
    }

    @PostMapping("/generate")
    ResponseEntity<String> text(@RequestBody Prompt prompt) {
        return ResponseEntity.ok().contentType(PLAIN).body(
                models.with(folder(prompt), model -> model.generate(prompt.text(), prompt.generation())));
    }

    /** Where a client asks for events. What is refused before the first piece still has its own status. */
    @PostMapping(path = "/generate", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    void pieces(@RequestBody Prompt prompt, HttpServletResponse response) {
        PieceStream stream = new PieceStream(response, json);
        try {
            models.with(folder(prompt), model -> model.generate(List.of(prompt.text()), prompt.generation(),
                    (piece, row) -> stream.send("piece", Map.of("text", piece)), stream::isClientGone));
            stream.send("end", Map.of());
        } catch (BallastException e) {
            if (!response.isCommitted()) {
                throw e;
            }
            stream.send("error", Map.of("message", e.getMessage()));
        }
    }

    private Path folder(Prompt prompt) {
        if (prompt.run() == null) {
            return ownModel;
        }
        Run run = runs.get(prompt.run()).run();
        if (!run.future().isDone()) {
            throw new ResponseStatusException(HttpStatus.CONFLICT, "Expected a run that ended; found that "
                    + prompt.run() + " is under way or waits. Its model is written at its end, which its events tell.");
        }
        return run.folder();
    }
}
