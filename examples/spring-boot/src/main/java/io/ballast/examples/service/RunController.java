package io.ballast.examples.service;

import io.ballast.Experiment;
import java.net.URI;
import java.nio.file.Path;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Starts, shows, follows and cancels runs. */
@RestController
@RequestMapping("/runs")
class RunController {
    private final Runs runs;
    private final Path folder;

    RunController(Runs runs, @Value("${service.folder}") String folder) {
        this.runs = runs;
        this.folder = Path.of(folder); // a Path of Spring's would start from the folder of Tomcat
    }

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<StartedRun.Status> start(@RequestBody String experiment) {
        StartedRun started = runs.start(Experiment.parse(experiment, folder));
        return ResponseEntity.accepted().location(URI.create("/runs/" + started.id())).body(started.status());
    }

    @GetMapping("/{id}")
    StartedRun.Status status(@PathVariable String id) {
        return runs.get(id).status();
    }

    /** A browser's EventSource that was cut off says what it heard last, and goes on from there. */
    @GetMapping("/{id}/events")
    SseEmitter events(@PathVariable String id,
            @RequestHeader(name = "Last-Event-ID", defaultValue = "0") int lastHeard) {
        return runs.get(id).events().subscribe(lastHeard);
    }

    /** The run ends after its current step and writes what it has; its events tell when. One that ended stays as it is. */
    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void cancel(@PathVariable String id) {
        runs.get(id).run().cancel();
    }
}
