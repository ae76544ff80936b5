package io.ballast.model;

import java.util.List;

/** The files of an anchor folder, as {@code ballast/anchors/anchor.py} writes them. */
public final class AnchorFiles {
    /** What it is and how it came about. */
    public static final String METADATA = "anchor.json";
    /** Importance and reference. */
    public static final String TENSORS = "anchor.safetensors";
    /** All of them. */
    public static final List<String> NAMES = List.of(METADATA, TENSORS);

    private AnchorFiles() {
    }
}
