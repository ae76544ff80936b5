package io.ballast.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Keys of which at most one may be there, or exactly one when {@link #required()}. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(Alternatives.All.class)
@interface Alternatives {
    /** @return the keys that exclude each other */
    String[] value();

    /** @return whether leaving all of them out is an error */
    boolean required() default false;

    /** Several sets of alternatives in one record. */
    @Target(ElementType.TYPE)
    @Retention(RetentionPolicy.RUNTIME)
    @interface All {
        /** @return the sets */
        Alternatives[] value();
    }
}
