package io.ballast.examples.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.ballast.BallastException;
import io.ballast.BusyException;
import io.ballast.InvalidInputException;
import io.ballast.StoppedException;
import io.ballast.TimeLimitException;
import java.util.TreeSet;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Which status Ballast's exceptions are; their messages say what to do, and go to the client. */
@RestControllerAdvice
@Order(Ordered.HIGHEST_PRECEDENCE) // before Spring's own, which keeps to itself what is wrong with a body
class Problems {
    @ExceptionHandler
    ProblemDetail invalid(InvalidInputException e) {
        return problem(HttpStatus.BAD_REQUEST, e);
    }

    @ExceptionHandler
    ProblemDetail busy(BusyException e) {
        return problem(HttpStatus.SERVICE_UNAVAILABLE, e);
    }

    @ExceptionHandler
    ProblemDetail tookTooLong(TimeLimitException e) {
        return problem(HttpStatus.GATEWAY_TIMEOUT, e);
    }

    /** The service ends. */
    @ExceptionHandler
    ProblemDetail stopped(StoppedException e) {
        return problem(HttpStatus.SERVICE_UNAVAILABLE, e);
    }

    /** A body that is no JSON, or not what it should be: Jackson knows where. */
    @ExceptionHandler
    ProblemDetail unreadable(HttpMessageNotReadableException e) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, reason(e.getCause()));
    }

    private static String reason(Throwable cause) {
        if (cause instanceof UnrecognizedPropertyException unknown) {
            return unknown.getPropertyName() + ": unknown key. There is: " + new TreeSet<>(unknown.getKnownPropertyIds())
                    + ".";
        }
        if (cause instanceof JsonMappingException wrong && !wrong.getPath().isEmpty()) {
            return wrong.getPath().get(0).getFieldName() + ": " + wrong.getOriginalMessage() + ".";
        }
        if (cause instanceof JsonProcessingException broken) {
            return "The body is not the JSON object that is expected: " + broken.getOriginalMessage() + ".";
        }
        return "Expected a body of JSON; found none.";
    }

    private static ProblemDetail problem(HttpStatus status, BallastException e) {
        return ProblemDetail.forStatusAndDetail(status, e.getMessage());
    }
}
