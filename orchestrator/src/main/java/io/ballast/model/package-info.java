/** Models as folders in Hugging Face's form, and where they come from. */
package io.ballast.model;
