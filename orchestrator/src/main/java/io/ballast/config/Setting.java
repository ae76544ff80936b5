package io.ballast.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * One key of an experiment. The reader, the JSON Schema and the resolved experiment are all made
 * from these, so a default or a bound stands here and nowhere else.
 */
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Setting {
    /** @return what the key means, with its unit; a sentence for the JSON Schema */
    String value();

    /** @return the key's name in the file; the component's own name when empty */
    String key() default "";

    /** @return the default as a JSON text; {@code null} when there is none and the key may be left out */
    String byDefault() default "null";

    /** @return whether leaving the key out is an error */
    boolean required() default false;

    /** @return the smallest number allowed; of a list, the fewest entries */
    double minimum() default Double.NEGATIVE_INFINITY;

    /** @return the largest number allowed */
    double maximum() default Double.POSITIVE_INFINITY;

    /** @return whether the number must be larger than {@link #minimum()} and not equal to it */
    boolean exclusiveMinimum() default false;

    /** @return the texts allowed; none means any text */
    String[] choices() default {};

    /** @return a regular expression that the whole text must match; {@link #value()} says it in words */
    String pattern() default "";

    /** @return another key that must be there when this one is; empty for none */
    String needs() default "";

    /** @return of a list: whether one entry alone is written without brackets */
    boolean alone() default false;

    /** @return whether the text is a path, relative to the experiment's file, or an {@code hf://} address */
    boolean path() default false;

    /** @return of an object of single values: the names whose text is such a path, or several with commas between */
    String[] paths() default {};
}
