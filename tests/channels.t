#!/bin/sh
# SPDX-License-Identifier: MIT
# The channel files against files as others write them: the sample, exports made up here
# after the documentation of Shopify and the header of the telco churn set, and the public
# sets where they lie in $CRM_TEST_DATA. Each is recognised by its columns and read whole.
. "$(dirname "$0")/lib.sh"
need crm-ingest command -v crm-ingest
need sqlite3 command -v sqlite3
SAMPLE=$ROOT/scripts/sample
export CRM_DB=t.db
crm-init -q

# shellcheck disable=SC2317 # called through ok
reads() { # reads CHANNEL FILE RECORDS: told by its columns, all stored
	crm-ingest "$2" 2>said >records.jsonl &&
		grep -q "read as channel '$1'" said &&
		grep -q ": $3 records = $3 stored + 0 duplicate + 0 set aside" said && return
	cat said
	return 1
}

rows() { # rows FILE: lines after the header
	tail -n +2 "$1" | wc -l
}

# --- the sample: as many records as lines, but for line breaks inside fields
ok 'shop-orders' reads shop-orders "$SAMPLE/orders.csv" "$(rows "$SAMPLE/orders.csv")"
is 'as many orders as the truth knows' "$(sqlite3 t.db "SELECT count(*) FROM event WHERE type = 'order'")" \
	"$(grep -c '^orders.csv,' "$SAMPLE/truth.csv")"
is 'their values are the totals' "$(sqlite3 t.db "SELECT sum(amount) FROM order_value")" \
	"$(tail -n +2 "$SAMPLE/orders.csv" | awk -F , '{ total[$1] = $(NF - 1) } END { for (o in total) sum += total[o] * 100; printf "%.0f", sum }')"
ok 'newsletter' reads newsletter "$SAMPLE/newsletter.csv" "$(rows "$SAMPLE/newsletter.csv")"
is 'its letters beyond ASCII are read' "$(sqlite3 t.db "SELECT count(*) FROM profile JOIN source ON source.id = source_id WHERE source.name = 'newsletter' AND street LIKE '%ß%'")" \
	"$(iconv -f windows-1252 -t utf-8 "$SAMPLE/newsletter.csv" | tail -n +2 | grep -c ß)"
ok 'support' reads support "$SAMPLE/support.jsonl" "$(wc -l <"$SAMPLE/support.jsonl")"
is 'what the shop wrote is about the customer' "$(jq -r 'select(.direction == "out") | .email[]' records.jsonl | grep -c velofuchs)" 0
ok 'chat' reads chat "$SAMPLE/chat.csv" "$(grep -c '^chat.csv,' "$SAMPLE/truth.csv")"
# 12/10/2026 is in October: the file says day first, and Berlin
is 'its times are days first, in Berlin' "$(jq -r 'select(.key == "C75321-1") | .at' records.jsonl)" \
	"$(grep '^C75321-1' "$SAMPLE/chat.csv" | cut -f 8 | sed 's,\(..\)/\(..\)/\(....\) \(.*\),\3-\2-\1T\4:00+02:00,')"
ok 'calls' reads calls "$SAMPLE/calls.csv" "$(rows "$SAMPLE/calls.csv")"
"$ROOT/scripts/make-sample" --contacts 500 --out list
ok 'contacts' reads contacts list/contacts.csv 500

# --- Shopify's CSV: the order stands in its first row only
cat >shopify.csv <<'CSV'
Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Address1,Billing City,Billing Zip,Billing Country,Billing Phone,Id
#1001,ada@example.org,paid,2026-01-10 11:00:00 -0500,fulfilled,USD,35.00,2026-01-10 10:59:58 -0500,1,Mug,10.00,MUG-1,Ada King,12 Main St,Boston,02110,US,'+1 617-555-0123,123456
#1001,ada@example.org,,,,,,,2,Plate,12.50,PL-1,,,,,,,
#1002,bob@example.org,refunded,,unfulfilled,USD,10.00,2026-02-10 10:59:58 -0500,1,Mug,10.00,MUG-1,Bob B,1 Elm St,Boston,02111,US,,123457
CSV
ok 'shopify-orders' reads shopify-orders shopify.csv 3
is 'two orders of three lines' "$(sqlite3 t.db "SELECT group_concat(ref || ' ' || amount || ' ' || currency, '; ') FROM
	(SELECT event.* FROM event JOIN source ON source.id = source_id WHERE name = 'shopify-orders' ORDER BY ref)")" '#1001 3500 USD; #1002 1000 USD'
is 'which add up' "$(sqlite3 t.db "SELECT sum(quantity * price) FROM order_line JOIN source ON source.id = source_id WHERE source.name = 'shopify-orders'")" 4500.0
is 'the phone that a spreadsheet quoted' "$(sqlite3 t.db "SELECT count(*) FROM endpoint WHERE value = '+16175550123'")" 1

# --- a list of contracts, with nobody's name in it
cat >telco.csv <<'CSV'
customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,Contract,PaperlessBilling,PaymentMethod,MonthlyCharges,TotalCharges,Churn
0001-ABCDE,Female,0,Yes,No,1,No,Month-to-month,Yes,Electronic check,29.85,29.85,No
0002-FGHIJ,Male,0,No,No,0,Yes,Two year,No,Mailed check,56.95, ,Yes
CSV
ok 'telco-contracts' reads telco-contracts telco.csv 2
is 'people by their customer number' "$(sqlite3 t.db "SELECT group_concat(value) FROM (SELECT value FROM endpoint WHERE scope = 'telco:customer' ORDER BY 1)")" 0001-ABCDE,0002-FGHIJ

ok 'the same again stores nothing' sh -c "crm-ingest -q '$SAMPLE'/*.jsonl '$SAMPLE/orders.csv' shopify.csv >again && [ ! -s again ]"

# --- public sets; how many records they have was counted with Python's csv module
need 'public sets' test -d "$CRM_TEST_DATA/channels/commerce/olist"
olist=$(echo "$CRM_TEST_DATA"/channels/commerce/olist/*)
ok 'olist-customers' reads olist-customers "$olist/olist_customers_dataset.csv" 8135
is 'a person is a customer_unique_id' "$(sqlite3 t.db "SELECT count(DISTINCT person_id) FROM profile JOIN source ON source.id = source_id WHERE source.name = 'olist-customers'")" 8016
ok 'olist-orders' reads olist-orders "$olist/olist_orders_dataset.csv" 8135
is 'every order has its customer' "$(sqlite3 t.db "SELECT count(*) FROM event JOIN source ON source.id = source_id WHERE source.name = 'olist-orders' AND profile_id IS NULL")" 0
ok 'olist-items' reads olist-items "$olist/olist_order_items_dataset.csv" 8365
ok 'olist-reviews' reads olist-reviews "$olist/olist_order_reviews_dataset.csv" 8225
crm=$CRM_TEST_DATA/channels/crm-exports
ok 'salesforce-contacts' reads salesforce-contacts "$(echo "$crm"/salesforce*/*/sf_contact_data.csv)" 4
ok 'salesforce-leads' reads salesforce-leads "$(echo "$crm"/salesforce*/*/sf_lead_data.csv)" 1
ok 'hubspot-contacts' reads hubspot-contacts "$(echo "$crm"/hubspot*/*/contact_data.csv)" 22
# the objects that Stripe publishes for tests: one of each kind
for kind in charge payment_intent invoice customer; do
	jq -c --arg kind $kind '.resources[$kind]' "$(echo "$CRM_TEST_DATA"/channels/commerce/stripe-json/*/fixtures3.json)" >$kind.json
	ok "stripe: $kind" reads stripe $kind.json 1
done
is 'their amounts are in cents' "$(sqlite3 t.db "SELECT group_concat(amount || ' ' || currency) FROM (SELECT amount, currency FROM event JOIN source ON source.id = source_id WHERE name = 'stripe' AND type = 'order' ORDER BY 1)")" \
	"$(jq -r '[.resources | (.charge.amount, .payment_intent.amount, .invoice.total)] | sort | map("\(.) USD") | join(",")' "$(echo "$CRM_TEST_DATA"/channels/commerce/stripe-json/*/fixtures3.json)")"
ok 'shopify-orders-json' reads shopify-orders-json "$(echo "$CRM_TEST_DATA"/channels/commerce/shopify-json/*/orders.json)" 1
finish
