/* SPDX-License-Identifier: MIT */
/*
 * splink_tree: a condition of SQL as it was understood; between splink_sql.c and splink_call.c,
 * which read it, and splink_say.c, which says it in our language. The tree lies in an arena.
 */
#ifndef CRM_LINK_SPLINK_TREE_H
#define CRM_LINK_SPLINK_TREE_H

#include "link/splink_sql.h"

enum crm_sql_kind {
	/* conditions */
	CRM_SQL_AND,
	CRM_SQL_OR,
	CRM_SQL_NOT,
	CRM_SQL_SURE,    /* coalesce(left, FALSE): never unknown */
	CRM_SQL_TEST,    /* fn(a) or fn(a, b), with its bound */
	CRM_SQL_MISSING, /* either record lacks a; never unknown */
	CRM_SQL_LONE,    /* this record lacks a, or, with has, does not */
	/* values */
	CRM_SQL_COLUMN,  /* a of a record */
	CRM_SQL_DATE,    /* the same as a date; unknown where it is none */
	CRM_SQL_SECONDS, /* of a date since some day */
	CRM_SQL_APART,   /* one date less the other */
	CRM_SQL_MEASURE, /* fn of a of one record and b of the other */
	CRM_SQL_MEET,    /* how many values the lists a and b have in common */
	CRM_SQL_NUMBER,
	CRM_SQL_TEXT,
	CRM_SQL_FALSE
};

struct crm_sql_node {
	enum crm_sql_kind kind;
	struct crm_sql_node *left, *right;
	const char *a, *b;     /* expressions of ours; b may be the same as a */
	char side;             /* 'l' or 'r': which record */
	bool has;              /* LONE: it has a */
	bool date;             /* COLUMN: holds dates; LONE, MISSING: no date is missing, too */
	const char *fn;        /* MEASURE, TEST: of condition.h */
	bool more;             /* MEASURE, TEST: more is closer */
	double unit;           /* MEASURE: of theirs make one of ours; 86400 seconds a day */
	double number;         /* NUMBER; TEST: its bound */
	struct crm_slice text; /* TEXT */
};

/* What makes nodes. Once something was refused it has failed, with the first reason in err. */
struct crm_sql_maker {
	struct crm_arena *arena;
	struct crm_err *err;
	bool failed;
};

#define CRM_SQL_ARGS 4 /* of a function, at most */
struct crm_sql_call {
	struct crm_slice name;
	struct crm_sql_node *arg[CRM_SQL_ARGS];
	int n;
};

/* NULL, and says why: what, and the text that it is about. */
struct crm_sql_node *crm_sql_refuse(struct crm_sql_maker *maker, const char *what,
				    struct crm_slice text);
struct crm_sql_node *crm_sql_new(struct crm_sql_maker *maker, enum crm_sql_kind kind);
struct crm_sql_node *crm_sql_join(struct crm_sql_maker *maker, enum crm_sql_kind kind,
				  struct crm_sql_node *left, struct crm_sql_node *right);
/* The value of a function; NULL where it has none in ours. */
struct crm_sql_node *crm_sql_apply(struct crm_sql_maker *maker, const struct crm_sql_call *call);
/* A column as a date; its argument in seconds, its year. */
struct crm_sql_node *crm_sql_as_date(struct crm_sql_maker *maker, struct crm_sql_node *old);
struct crm_sql_node *crm_sql_seconds(struct crm_sql_maker *maker, const struct crm_sql_call *call);
struct crm_sql_node *crm_sql_year(struct crm_sql_maker *maker, const struct crm_sql_call *call);
/* Is one of the one record and the other of the other? */
bool crm_sql_across(const struct crm_sql_node *x, const struct crm_sql_node *y);
/* A measure, or a test, of two such values; the left record's comes first. */
struct crm_sql_node *crm_sql_measure(struct crm_sql_maker *maker, enum crm_sql_kind kind,
				     const char *fn, const struct crm_sql_node *x,
				     const struct crm_sql_node *y);
/* One date less the other; unit: how many of SQL's make a day. */
struct crm_sql_node *crm_sql_apart(struct crm_sql_maker *maker, struct crm_sql_node *x,
				   struct crm_sql_node *y, double unit);

/* How a test or a key is written, with {L}, {R}, … for its values (splink_words.c); NULL: it is
 * not. */
const char *crm_sql_template(struct crm_slice fn);
/* Those that are read as a whole, by number from 0: its name; NULL: there are no more. */
const char *crm_sql_own(size_t number, const char **sql);

#define CRM_SQL_DAYS_MOST 4000000 /* more than there are between any two dates */

/* Appends the condition, or its negation. CRM_DATA where a part of it has no words in ours. */
enum crm_status crm_sql_say(const struct crm_sql_node *node, bool negated, struct crm_str *out,
			    struct crm_err *err);

/* Understands sql; NULL with err set where it cannot be. */
struct crm_sql_node *crm_sql_read(const struct crm_sql_columns *columns, struct crm_slice sql,
				  struct crm_arena *arena, struct crm_err *err);

#endif
