#!/bin/sh
# SPDX-License-Identifier: MIT
# The Olist exports through scripts/olist, against what the files say when sqlite3's own CSV
# reader counts them.
. "$(dirname "$0")/../lib.sh"
need 'the Olist exports' sh -c 'ls "$CRM_TEST_DATA"/channels/commerce/olist/*/olist_customers_dataset.csv'
need sqlite3 command -v sqlite3
DIR=$(dirname "$(ls "$CRM_TEST_DATA"/channels/commerce/olist/*/olist_customers_dataset.csv | head -n 1)")
export CRM_DB=olist.db
ok 'the pipeline runs' "$ROOT/scripts/olist" "$DIR" olist.db

for f in customers orders order_items order_reviews; do
	echo ".import --csv '$DIR/olist_${f}_dataset.csv' $f"
done >import
sqlite3 files.db <import
file() { sqlite3 files.db "$1"; }
store() { sqlite3 olist.db "$1"; }

is 'orders' "$(store "SELECT count(*) FROM event WHERE type = 'order'")" "$(file 'SELECT count(*) FROM orders')"
is 'which are 8,135' "$(store "SELECT count(*) FROM event WHERE type = 'order'")" 8135
is 'people are customer_unique_ids' "$(store 'SELECT count(DISTINCT canon_id) FROM person')" \
	"$(file 'SELECT count(DISTINCT customer_unique_id) FROM customers')"
is 'which are 8,016' "$(store 'SELECT count(DISTINCT canon_id) FROM person')" 8016
is 'reviews by review and order, since a review_id repeats' "$(store "SELECT count(*) FROM event WHERE type = 'rating'")" \
	"$(file 'SELECT count(*) FROM (SELECT DISTINCT review_id, order_id FROM order_reviews)')"
is 'stars in all' "$(store "SELECT sum(rating) FROM event WHERE type = 'rating'")" \
	"$(file "SELECT sum(review_score) * 1.0 FROM order_reviews")"
is 'texts of several lines are whole' "$(store "SELECT count(*), sum(length(text)) FROM event WHERE type = 'rating' AND text LIKE '%' || char(10) || '%'")" \
	"$(file "SELECT count(*), sum(length(t)) FROM (SELECT trim(replace(review_comment_message, char(13), ''), char(10) || ' ' || char(9)) AS t FROM order_reviews) WHERE t LIKE '%' || char(10) || '%'")"
is 'lines' "$(store 'SELECT count(*) FROM order_line')" "$(file 'SELECT count(*) FROM order_items')"
is 'worth, with freight, to the cent' "$(store 'SELECT sum(amount) FROM order_value')" \
	"$(file 'SELECT CAST(sum(round(price * 100) + round(freight_value * 100)) AS INTEGER) FROM order_items')"
is 'every review has its customer' "$(store "SELECT count(*) FROM event WHERE type = 'rating' AND profile_id IS NULL")" 0
is 'the right one, by the order' "$(store "
	SELECT count(*) FROM event r JOIN event o ON o.ref = r.ref AND o.type = 'order'
	JOIN profile_canon a ON a.profile_id = r.profile_id JOIN profile_canon b ON b.profile_id = o.profile_id
	WHERE r.type = 'rating' AND a.person_id <> b.person_id")" 0
is 'how many orders each person has' "$(store "
	SELECT n, count(*) FROM (SELECT count(*) AS n FROM event e JOIN profile_canon USING (profile_id)
		WHERE type = 'order' GROUP BY person_id) GROUP BY n")" \
	"$(file 'SELECT n, count(*) FROM (SELECT count(*) AS n FROM orders JOIN customers USING (customer_id)
		GROUP BY customer_unique_id) GROUP BY n')"
is 'nothing was set aside' "$(crm-ingest --rejected | wc -l)" 0
is 'the store is whole' "$(store 'PRAGMA foreign_key_check; PRAGMA integrity_check')" ok
# Nobody has a name or an address here: there is nothing by which two people could be one.
is 'and nobody was merged by mistake' "$(store "SELECT count(*) FROM link")" 0
is 'running it again stores nothing' "$(crm-ingest -q "$DIR/olist_order_reviews_dataset.csv" "$DIR/olist_orders_dataset.csv" | wc -l)" 0
finish
