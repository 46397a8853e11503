// What a partner system does with a client generated from the API's document (docs/integrators.md).
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"mime/multipart"
	"net/http"
	"os"

	"github.com/google/uuid"
	"passerelle.example/contract/passerelle"
)

type client struct {
	*passerelle.ClientWithResponses
}

func main() {
	ctx := context.Background()
	api := signIn(ctx)
	var donors []passerelle.Donor
	for number := 1; number <= 3; number++ {
		donors = append(donors, api.create(ctx, fmt.Sprintf("Go %d", number)))
	}
	known := api.pages(ctx)
	for _, donor := range donors {
		require(known[donor.Id], "every donor is on a page")
	}
	api.update(ctx, donors[0])
	api.upload(ctx)
	api.download(ctx, donors[0])
	fmt.Printf("Go: %d donors on pages of 2, one made once, changed, imported, printed\n", len(known))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func require(holds bool, what string) {
	if !holds {
		log.Fatal(what)
	}
}

func pointer[T any](value T) *T { return &value }

func signIn(ctx context.Context) client {
	url := os.Getenv("PASSERELLE_URL")
	anonymous := must(passerelle.NewClientWithResponses(url))
	answer := must(anonymous.PostOauthTokenWithFormdataBodyWithResponse(ctx, passerelle.TokenRequest{
		GrantType:    passerelle.GrantTypeClientCredentials,
		ClientId:     pointer(os.Getenv("PASSERELLE_CLIENT_ID")),
		ClientSecret: pointer(os.Getenv("PASSERELLE_CLIENT_SECRET")),
	}))
	require(answer.JSON200 != nil, answer.Status())
	bearer := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+answer.JSON200.AccessToken)
		return nil
	}
	return client{must(passerelle.NewClientWithResponses(url, passerelle.WithRequestEditorFn(bearer)))}
}

// The same key twice makes one record.
func (api client) create(ctx context.Context, name string) passerelle.Donor {
	key := &passerelle.PostDonorsParams{IdempotencyKey: pointer(uuid.NewString())}
	body := passerelle.DonorFields{Name: name, Type: passerelle.DonorTypeGovernment}
	first := must(api.PostDonorsWithResponse(ctx, key, body))
	second := must(api.PostDonorsWithResponse(ctx, key, body))
	require(first.JSON201 != nil && second.JSON201 != nil, first.Status())
	require(second.HTTPResponse.Header.Get("Idempotency-Replayed") == "true", "the repetition is told")
	require(first.JSON201.Id == second.JSON201.Id, "one key, one donor")
	return *first.JSON201
}

func (api client) pages(ctx context.Context) map[uuid.UUID]bool {
	found := map[uuid.UUID]bool{}
	parameters := &passerelle.ListDonorsParams{Limit: pointer[int64](2)}
	for {
		page := must(api.ListDonorsWithResponse(ctx, parameters))
		require(page.JSON200 != nil, page.Status())
		for _, donor := range page.JSON200.Items {
			found[donor.Id] = true
		}
		if page.JSON200.NextCursor == nil {
			return found
		}
		parameters.Cursor = page.JSON200.NextCursor
	}
}

// With the version that was read; a second change with it is refused.
func (api client) update(ctx context.Context, donor passerelle.Donor) {
	read := must(api.GetDonorsIdWithResponse(ctx, donor.Id, nil))
	require(read.JSON200 != nil, read.Status())
	version := &passerelle.PutDonorsIdParams{IfMatch: read.HTTPResponse.Header.Get("ETag")}
	body := passerelle.DonorFields{Name: read.JSON200.Name, Type: read.JSON200.Type, ShortName: pointer("GO")}
	changed := must(api.PutDonorsIdWithResponse(ctx, donor.Id, version, body))
	require(changed.JSON200 != nil && *changed.JSON200.ShortName == "GO", changed.Status())
	stale := must(api.PutDonorsIdWithResponse(ctx, donor.Id, version, body))
	require(stale.ApplicationproblemJSON412 != nil, stale.Status())
	require(stale.ApplicationproblemJSON412.Code == "stale_version", "a stale version is refused")
}

func (api client) upload(ctx context.Context) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file := must(form.CreateFormFile("file", "table.csv"))
	must(file.Write([]byte("external_ref,donor,status,amount,currency\ngo-1,Go 1,paid,100.00,USD\n")))
	require(form.Close() == nil, "the form is whole")
	how := &passerelle.PostImportsParams{Format: passerelle.ImportFormatCsv, Source: pointer("go"), DryRun: pointer(true)}
	answer := must(api.PostImportsWithBodyWithResponse(ctx, how, form.FormDataContentType(), &body))
	require(answer.JSON201 != nil && answer.JSON201.Files[0] == "table.csv", answer.Status())
}

func (api client) download(ctx context.Context, donor passerelle.Donor) {
	statement := must(api.GetDonorsIdStatementWithResponse(ctx, donor.Id, &passerelle.GetDonorsIdStatementParams{}))
	require(statement.StatusCode() == http.StatusOK && bytes.HasPrefix(statement.Body, []byte("%PDF-")), statement.Status())
}
