package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Repository;
import ai.djl.repository.RepositoryFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubRepositoryFactoryTest {
    @Test
    void theOnlySchemeIsHf() {
        for (ServiceLoader.Provider<RepositoryFactory> found : ServiceLoader.load(RepositoryFactory.class).stream()
                .toList()) {
            assertEquals(Set.of("hf"), found.get().getSupportedScheme());
        }
    }

    @ParameterizedTest
    @CsvSource({"hf://org/name, name", "hf://org/name@v1.0, name", "hf://my_org/my_name@main, my_name",
        "hf://gpt2, gpt2", "hf://gpt2@main, gpt2", "hf://org/name@refs/pr/1, name"})
    void anAddressIsOneModelAndNobodyIsAskedYet(String address, String name) throws IOException {
        Repository repository = Repository.newInstance("mine", address);
        assertTrue(repository.isRemote());
        MRL model = repository.getResources().get(0);
        assertEquals(name, model.getArtifactId());
        assertEquals(name, model.getDefaultArtifact().getName());
    }

    @Test
    void argumentsForDjlFollowAQuestionMark() throws IOException {
        Repository repository = Repository.newInstance("mine", "hf://org/name@main?model_name=other&maxTokens=5");
        Artifact artifact = repository.getResources().get(0).getDefaultArtifact();
        assertEquals("other", artifact.getName());
        assertEquals("5", artifact.getArguments(Map.of()).get("maxTokens"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf://datasets/org/name", "hf:org/name", "hf:///name", "hf://org/name@", "hf://org/a/b"})
    void whatIsNoAddressOfAModelIsRefused(String address) {
        String said = assertThrows(IllegalArgumentException.class, () -> Repository.newInstance("mine", address))
                .getMessage();
        assertEquals("Expected a model as hf://org/name or hf://org/name@revision; found " + address + ".", said);
    }

    @Test
    void foldersAreStillDjlsOwn(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("config.json"), "{}");
        assertEquals("ai.djl.repository.SimpleRepository",
                Repository.newInstance("mine", folder).getClass().getName());
    }
}
