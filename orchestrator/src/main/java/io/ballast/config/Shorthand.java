package io.ballast.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A text may stand for the whole object: {@code "sciq"} for <code>{"task": "sciq"}</code>. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface Shorthand {
    /** @return the key that takes the text */
    String value();
}
