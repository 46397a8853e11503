package org.passerelle.example;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.passerelle.client.ApiClient;
import org.passerelle.client.ApiException;
import org.passerelle.client.ApiResponse;
import org.passerelle.client.api.DonorsApi;
import org.passerelle.client.api.ImportsApi;
import org.passerelle.client.api.SignInApi;
import org.passerelle.client.model.Donor;
import org.passerelle.client.model.DonorFields;
import org.passerelle.client.model.DonorType;
import org.passerelle.client.model.EnvelopeDonor;
import org.passerelle.client.model.GrantType;
import org.passerelle.client.model.ImportFormat;
import org.passerelle.client.model.ModelImport;
import org.passerelle.client.model.Tokens;

/** What a partner system does with a client generated from the API's document (docs/integrators.md). */
public final class PartnerSystem {
    private final DonorsApi donors;
    private final ImportsApi imports;

    private PartnerSystem(ApiClient client) {
        donors = new DonorsApi(client);
        imports = new ImportsApi(client);
    }

    public static void main(String[] arguments) throws Exception {
        PartnerSystem system = new PartnerSystem(signIn());
        List<Donor> made = new ArrayList<>();
        for (int number = 1; number <= 3; number++) {
            made.add(system.create("Java " + number));
        }
        Set<UUID> known = system.list();
        require(made.stream().allMatch(donor -> known.contains(donor.getId())), "every donor is on a page");
        system.update(made.get(0));
        system.upload();
        system.download(made.get(0));
        System.out.println("Java: " + known.size() + " donors on pages of 2, one made once, changed, imported, printed");
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }

    private static ApiClient client() {
        ApiClient client = new ApiClient();
        client.updateBaseUri(System.getenv("PASSERELLE_URL"));
        return client;
    }

    private static ApiClient signIn() throws ApiException {
        String id = System.getenv("PASSERELLE_CLIENT_ID");
        String secret = System.getenv("PASSERELLE_CLIENT_SECRET");
        Tokens tokens =
                new SignInApi(client())
                        .postOauthToken(GrantType.CLIENT_CREDENTIALS, id, secret, null, null, null, null, null, null);
        ApiClient client = client();
        client.setRequestInterceptor(
                request -> request.header("Authorization", "Bearer " + tokens.getAccessToken()));
        return client;
    }

    /** The same key twice makes one record. */
    private Donor create(String name) throws ApiException {
        String key = UUID.randomUUID().toString();
        DonorFields fields = new DonorFields().name(name).type(DonorType.GOVERNMENT);
        ApiResponse<Donor> first = donors.postDonorsWithHttpInfo(fields, key);
        ApiResponse<Donor> second = donors.postDonorsWithHttpInfo(fields, key);
        require(header(second, "Idempotency-Replayed").equals("true"), "the repetition is told");
        require(first.getData().getId().equals(second.getData().getId()), "one key, one donor");
        return first.getData();
    }

    private static String header(ApiResponse<?> answer, String name) {
        for (Map.Entry<String, List<String>> header : answer.getHeaders().entrySet()) {
            if (header.getKey().equalsIgnoreCase(name)) {
                return header.getValue().get(0);
            }
        }
        throw new IllegalStateException("no header " + name);
    }

    private Set<UUID> list() throws ApiException {
        Set<UUID> found = new HashSet<>();
        String cursor = null;
        do {
            EnvelopeDonor page = donors.listDonors(null, null, null, null, null, null, null, null, null, null, 2L, cursor);
            page.getItems().forEach(donor -> found.add(donor.getId()));
            cursor = page.getNextCursor();
        } while (cursor != null);
        return found;
    }

    /** With the version that was read; a second change with it is refused. */
    private void update(Donor donor) throws ApiException {
        ApiResponse<Donor> read = donors.getDonorsIdWithHttpInfo(donor.getId(), null);
        String version = header(read, "ETag");
        DonorFields fields =
                new DonorFields().name(read.getData().getName()).type(read.getData().getType()).shortName("JV");
        Donor changed = donors.putDonorsId(donor.getId(), version, fields);
        require("JV".equals(changed.getShortName()), "the change is shown");
        try {
            donors.putDonorsId(donor.getId(), version, fields);
        } catch (ApiException stale) {
            String answer = stale.getCode() + " " + stale.getResponseBody() + " (" + stale.getMessage() + ")";
            require(stale.getCode() == 412, "a stale version is refused, not answered with " + answer);
            require(stale.getResponseBody().contains("stale_version"), "the problem says why: " + answer);
            return;
        }
        throw new IllegalStateException("a stale version was taken");
    }

    /** A page of flows as FTS gives it: of the media types of an import this generator takes the first, JSON. */
    private void upload() throws ApiException {
        Map<String, Object> page = Map.of("status", "ok", "data", Map.of("flows", List.of()));
        ModelImport made = imports.postImports(
                ImportFormat.FTS, page, null, null, null, null, true, null, null, null, null, null, null);
        require(made.getFormat() == ImportFormat.FTS, "the import says its format");
    }

    private void download(Donor donor) throws Exception {
        byte[] statement = Files.readAllBytes(donors.getDonorsIdStatement(donor.getId(), null, null).toPath());
        require(new String(statement, 0, 5).equals("%PDF-"), "a statement is a PDF");
    }
}
