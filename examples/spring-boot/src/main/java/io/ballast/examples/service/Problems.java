package io.ballast.examples.service;

import io.ballast.BallastException;
import io.ballast.BusyException;
import io.ballast.InvalidInputException;
import io.ballast.StoppedException;
import io.ballast.TimeLimitException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Which status Ballast's exceptions are; their messages say what to do, and go to the client. */
@RestControllerAdvice
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

    private static ProblemDetail problem(HttpStatus status, BallastException e) {
        return ProblemDetail.forStatusAndDetail(status, e.getMessage());
    }
}
