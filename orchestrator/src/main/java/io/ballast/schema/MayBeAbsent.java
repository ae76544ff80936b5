package io.ballast.schema;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A key that a file may lack: an earlier version did not write it, or there is nothing to say. A number in a box
 * ({@code Double}, {@code Long}) may always lack, and a list or map without this is always there, if empty.
 */
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface MayBeAbsent {
}
