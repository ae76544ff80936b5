package io.ballast.export;

import io.ballast.config.Words;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A finished export.
 *
 * @param folder       where it lies
 * @param format       its form
 * @param dtype        of the weights; null for an adapter, which is as it was
 * @param from         what was exported, as it was named
 * @param baseModel    what that was made from
 * @param baseHash     hash of the base model's weights; null where it is not on this machine
 * @param details      what the format has to say: {@code adapter}; {@code weightFiles}; {@code cache}, {@code opset},
 *                     {@code inputs} and {@code pastShapes}
 * @param comparison   what it says against what the model said
 * @param files        what was written, the model card aside
 * @param versions     of the libraries that wrote it
 */
public record Exported(Path folder, ExportFormat format, ExportDtype dtype, String from, String baseModel,
        String baseHash, Map<String, Object> details, ExportComparison comparison, List<ExportedFile> files,
        Map<String, Object> versions) {
    private static final int SCHEMA = 1;

    /** @return the same by the names of {@code export.json}; where it lies is left out, since folders move */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("schema", SCHEMA);
        map.put("format", Words.of(format));
        map.put("dtype", dtype == null ? null : Words.of(dtype));
        map.put("from", from);
        map.put("baseModel", baseModel);
        map.put("baseModelHash", baseHash);
        map.putAll(details);
        map.put("comparison", comparison);
        map.put("files", files.stream().map(ExportedFile::toMap).toList());
        map.put("versions", versions);
        return map;
    }

    Exported in(Path place) {
        return new Exported(place, format, dtype, from, baseModel, baseHash, details, comparison, files, versions);
    }
}
