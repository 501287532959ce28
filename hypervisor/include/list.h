/* SPDX-License-Identifier: GPL-2.0-only */
/* Intrusive circular doubly linked list. A list head is a node too. */
#ifndef XENOLITH_LIST_H
#define XENOLITH_LIST_H

#include "types.h"

struct list_node {
    struct list_node *next, *prev;
};

#define LIST_INIT(name) { &(name), &(name) }

static inline void list_init(struct list_node *n)
{
    n->next = n->prev = n;
}
static inline bool list_empty(const struct list_node *head)
{
    return head->next == head;
}
static inline void list_insert_before(struct list_node *pos, struct list_node *n)
{
    n->prev = pos->prev;
    n->next = pos;
    pos->prev->next = n;
    pos->prev = n;
}
static inline void list_push_front(struct list_node *head, struct list_node *n)
{
    list_insert_before(head->next, n);
}
static inline void list_push_back(struct list_node *head, struct list_node *n)
{
    list_insert_before(head, n);
}
/* Unlink; the node is then an empty list of its own, so removing it again is harmless. */
static inline void list_remove(struct list_node *n)
{
    n->prev->next = n->next;
    n->next->prev = n->prev;
    list_init(n);
}

#define list_entry(node, type, member) container_of(node, type, member)
#define list_for_each(pos, head) for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)
#define list_for_each_safe(pos, tmp, head) \
    for ((pos) = (head)->next, (tmp) = (pos)->next; (pos) != (head); (pos) = (tmp), (tmp) = (pos)->next)

#endif
