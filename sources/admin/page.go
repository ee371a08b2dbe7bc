package admin

import (
	"encoding/json"
	"fmt"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

// How servers say that an answer is a page of a longer list: what leads to the next
// one, that there is more, or how many there are beside how many a page takes.
var (
	nextKeys  = []string{"next", "next_page", "next_page_token", "next_token", "next_cursor", "nextPageToken", "nextCursor", "continue"}
	moreKeys  = []string{"has_more", "hasMore", "has_next", "hasNext", "more", "truncated"}
	totalKeys = []string{"total", "total_count", "totalCount"}
	pageKeys  = []string{"limit", "offset", "page", "per_page", "page_size", "pageSize"}
	pageLists = []string{"pagination", "paging", "page", "page_info", "meta", "metadata", "links", "_links"}
)

// page is the fault of a list that goes on elsewhere: it must not pass for all, or
// what stands on the next page would be called closed. A total beside the tripped ones
// alone may be that of all breakers; beside items, or the size of a page, it is theirs.
func (o object) page(key string, entries int) error {
	count, ok := o.number("count")
	if !ok && (key == "items" || o.any(pageKeys, present)) {
		count, ok = o.number(totalKeys...)
	}
	if ok && count > float64(entries) {
		return pageFault(fmt.Sprintf("lists %d of %g circuit breakers", entries, count))
	}
	if o.any(nextKeys, leads) || o.any(moreKeys, holds) {
		return pageFault(fmt.Sprintf("lists %d circuit breakers, and says that there are more", entries))
	}
	for _, k := range pageLists {
		inner := parseObject(o[k])
		total, ok := inner.number(totalKeys...)
		switch {
		case ok && total > float64(entries) && k != "meta" && k != "metadata":
			return pageFault(fmt.Sprintf("lists %d of %g circuit breakers", entries, total))
		case inner.any(nextKeys, leads), inner.any(moreKeys, holds):
			return pageFault(fmt.Sprintf("lists %d circuit breakers, and says that there are more", entries))
		}
	}
	return nil
}

func pageFault(what string) error {
	return web.NewFault(cluster.FailFormat, what, "the server gives them in pages, which can't be read")
}

// any tells whether one of the keys has such a value.
func (o object) any(keys []string, such func(json.RawMessage) bool) bool {
	for _, k := range keys {
		if such(o[k]) {
			return true
		}
	}
	return false
}

func present(v json.RawMessage) bool { return kind(v) > kindNull }

func holds(v json.RawMessage) bool { return string(v) == "true" }

// leads tells whether a value leads on: an empty one, none and 0 do not.
func leads(v json.RawMessage) bool {
	switch kind(v) {
	case kindString:
		return text(v) != ""
	case kindNumber:
		n, ok := number(v)
		return ok && n > 0
	case kindBool:
		return holds(v)
	case kindObject:
		return len(parseObject(v)) > 0
	case kindNone, kindNull, kindArray:
	}
	return false
}
