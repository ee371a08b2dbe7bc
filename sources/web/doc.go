// Package web reads a URL of a node by GET and nothing else, again and again:
// one kept-alive connection, one request in flight, no redirect followed, no
// proxy but one that is named. It tells apart what can go wrong on the way, in
// the words of the one who has to mend it, and lets no secret into them.
//
// What the answer means is the business of those who ask.
package web
