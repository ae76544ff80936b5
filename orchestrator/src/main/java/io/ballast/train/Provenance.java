package io.ballast.train;

import io.ballast.config.ExperimentConfig;
import io.ballast.config.ExperimentWriter;
import io.ballast.data.PhaseData;
import io.ballast.data.Sha256;
import io.ballast.python.Bridge;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a result depended on: versions, device, and hashes of model, data and configuration. */
final class Provenance {
    private Provenance() {
    }

    static Map<String, Object> of(Bridge bridge, long model, Map<String, Object> modelInfo, ExperimentConfig config,
            String modelHash, PhaseData general, List<PhaseData> domains) {
        Map<String, Object> values = new LinkedHashMap<>();
        String version = Provenance.class.getPackage().getImplementationVersion();
        values.put("ballastVersion", version == null ? bridge.versions().get("ballast") : version);
        values.put("javaVersion", Runtime.version().toString());
        values.put("operatingSystem", System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch"));
        values.put("processors", Runtime.getRuntime().availableProcessors());
        values.putAll(bridge.versions());
        values.put("kernels", bridge.kernels(model));
        values.put("ranks", bridge.ranks().size());
        values.put("model", modelInfo);
        values.put("baseModelHash", modelHash);
        values.put("experimentHash", new Sha256().text(ExperimentWriter.toJson(config)).hex());
        if (general != null) {
            values.put("generalDataHash", general.hash());
        }
        if (domains.size() == 1) {
            values.put("domainDataHash", domains.get(0).hash());
        } else if (!domains.isEmpty()) {
            values.put("domainDataHash", domains.stream().map(PhaseData::hash).toList());
        }
        return values;
    }
}
