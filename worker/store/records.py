"""One record for the rows of a table: its fields are the columns that the query of the same line takes, in their order.

`tests/store/test_records.py` compares each record with the column list of its query. Hashes are in hexadecimal, as JSON
carries them; times are aware.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from wiredesk.worker.news.model import Evidence
from wiredesk.worker.news.polls.state import State

Need = Literal["fetch", "ingest"]
Origin = Literal["submission", "feed", "page", "recheck"]
Channel = Literal["cli", "client", "stream", "task", "http", "folder", "mail"]
Scope = Literal["submit", "read", "embargoed", "admin"]
OutcomeKind = Literal["created", "revised", "repeated", "rejected"]


class SubmissionKeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incoming submission with a key (`repeat_submissions`)."""

    submission_id: int
    source: str
    key: str
    digest: str
    received_at: datetime


class SubmissionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `submission` (`add_submissions`). `known` holds the submitter's other fields.

    `refusal` is why the message broke the contract: its key is then no version of that key.
    """

    submission_id: int
    channel: Channel
    source: str = ""
    key: str | None = None
    version: int = 1
    digest: str
    delivery: str | None = None
    submitter: str | None = None
    token: str | None = None
    received_at: datetime
    known: dict[str, Any] = msgspec.field(default_factory=dict)
    refusal: str | None = None


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `document` (`add_documents`). `due_at` None: due at once."""

    document_id: int
    origin: Origin
    needs: Need = "ingest"
    body_sha256: str | None = None
    body_bytes: int = 0
    media_type: str | None = None
    url: str | None = None
    feed_id: int | None = None
    submission_id: int | None = None
    received_at: datetime
    lane: UUID | None = None
    context: dict[str, Any] = msgspec.field(default_factory=dict)
    due_at: datetime | None = None


class FetchedRow(msgspec.Struct, frozen=True, kw_only=True):
    """The body that was fetched for a document (`store_fetched`)."""

    document_id: int
    body_sha256: str
    body_bytes: int
    media_type: str | None
    url: str | None


class PostponedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document to be fetched later (`postpone_documents`). `counts`: the attempt counts."""

    document_id: int
    wait_seconds: float
    reason: str
    counts: bool


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A page that can't be fetched, with the reason of its rejection (`refuse_documents`)."""

    document_id: int
    reason: str


class ClosingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is done, with the number of its outcomes (`finish_documents`)."""

    document_id: int
    created: int = 0
    revised: int = 0
    repeated: int = 0
    rejected: int = 0
    reason: str | None = None


class OutcomeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `outcome` (`add_outcomes`, `amend_outcomes`). `item_no` 0 is the document itself."""

    received_at: datetime
    document_id: int
    item_no: int
    origin: Origin
    feed_id: int | None = None
    submission_id: int | None = None
    url: str | None = None
    key: str | None = None
    headline: str | None = None
    outcome: OutcomeKind
    reason: str | None = None
    article_id: int | None = None
    revision_no: int | None = None


# ---- feeds


class NewFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed to be added. `folders` are those around it, the outermost first."""

    url: str
    source: str | None = None
    title: str | None = None
    folders: tuple[str, ...] = ()
    full_text: str | None = None
    recheck_ladder: tuple[float, ...] | None = None
    verify_tls: bool = True


class HubState(msgspec.Struct, frozen=True, kw_only=True):
    """The subscription of a feed at its hub, for people. `is_delivering`: what the hub pushes is complete so far."""

    hub: str
    expires_at: datetime | None
    pushed_at: datetime | None
    last_error: str | None
    is_delivering: bool


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as `wiredesk feeds` shows it. `articles` counts the articles that it has shown, where that was asked."""

    feed_id: int
    url: str
    source: str | None
    title: str | None
    folders: tuple[str, ...]
    state: str
    full_text: str | None
    recheck_ladder: tuple[float, ...] | None
    verify_tls: bool
    fixed_interval_seconds: float | None
    headers: dict[str, str]
    user_agent: str | None
    credentials: str | None
    added_at: datetime
    next_fetch_at: datetime
    interval_seconds: float | None
    interval_reason: str | None
    etag: str | None
    last_modified: str | None
    fetched_at: datetime | None
    succeeded_at: datetime | None
    changed_at: datetime | None
    last_status: int | None
    last_error: str | None
    failures: float
    postponed: str | None
    schedule: State = State()
    leased: bool
    subscription: HubState | None
    articles: int | None


class FeedChanges(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Settings of feeds that an operator changes; a field that is not given stays as it is."""

    title: str | msgspec.UnsetType | None = msgspec.UNSET
    source: str | msgspec.UnsetType | None = msgspec.UNSET
    folders: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    full_text: str | msgspec.UnsetType | None = msgspec.UNSET
    fixed_interval_seconds: float | msgspec.UnsetType | None = msgspec.UNSET
    headers: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    user_agent: str | msgspec.UnsetType | None = msgspec.UNSET
    credentials: str | msgspec.UnsetType | None = msgspec.UNSET


class FetchLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a feed's fetch log, as people look at it. `entries` is null unless a new document came."""

    fetched_at: datetime
    status: int | None
    final_url: str | None
    body_bytes: int | None
    seconds: float | None
    entries: int | None
    new_entries: int | None
    error: str | None


class RobotCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A host whose pages answered with a check for robots: their number, and the time of the last."""

    host: str
    pages: int
    last_at: datetime


class FeedToPoll(msgspec.Struct, frozen=True, kw_only=True):
    """A leased feed. `is_urgent` is true for a first poll, and for one that a person asked for.

    `feed_source` names its publisher, `is_pushed` says that a hub pushes it. `showings` is the number of its last row
    in `showing`, `shown_at` the time of it.

    `credentials` names a file in the folder of the setting `credentials_dir`.
    """

    feed_id: int
    url: str
    etag: str | None
    last_modified: str | None
    body_sha256: bytes | None
    schedule: State = State()
    verify_tls: bool
    fixed_interval_seconds: float | None
    headers: dict[str, str]
    user_agent: str | None
    credentials: str | None
    is_urgent: bool
    feed_source: str | None
    showings: int
    shown_at: datetime | None
    is_pushed: bool


class PollRow(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a poll. `has_answer`: `etag` and `last_modified` replace those of the row.

    `showings` is the number of the poll in `showing`; None where it has none.
    """

    feed_id: int
    fetched_at: datetime
    next_fetch_at: datetime
    interval_seconds: float
    interval_reason: str
    failures: float
    schedule: State
    last_status: int | None = None
    last_error: str | None = None
    succeeded_at: datetime | None = None
    changed_at: datetime | None = None
    has_answer: bool = False
    etag: str | None = None
    last_modified: str | None = None
    body_sha256: str | None = None
    showings: int | None = None


class OpenEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a feed's last document that was read. `stale`: the same bytes may have another outcome now.

    Polls with a number in `showing` above `shown_after` count for it.
    """

    feed_id: int
    digest: bytes
    article_id: int
    document_id: int
    item_no: int
    published_at: datetime | None
    shown_after: int
    stale: bool


class ShowingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `showing` (`add_showings`): a poll that showed `entries` which were not read again."""

    received_at: datetime
    feed_id: int
    number: int
    entries: int


class EndedEntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an open entry (`end_entries`, `count_sightings`).

    It was shown `times` after it was read, the last time in the poll `shown_until`, at `last_seen_at`.
    """

    feed_id: int
    document_id: int
    item_no: int
    article_id: int
    shown_until: int
    times: int
    last_seen_at: datetime | None


class FeedEntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `feed_entry` (`add_entries`): an entry that was read from a document of a feed."""

    feed_id: int
    digest: str
    article_id: int
    revision_no: int
    document_id: int
    item_no: int
    read_at: datetime
    published_at: datetime | None = None
    title_key: int


class BesideRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document that holds only the new entries of a poll, and the poll's number (`shown_beside`)."""

    document_id: int
    feed_id: int
    showing: int


class ShownBeside(msgspec.Struct, frozen=True, kw_only=True):
    """The article and the hash of the headline of an entry that was shown beside those of a document."""

    document_id: int
    article_id: int
    title_key: int


class ShownDate(msgspec.Struct, frozen=True, kw_only=True):
    """When an entry of a feed was published, by the feed."""

    feed_id: int
    published_at: datetime


class Postponement(msgspec.Struct, frozen=True, kw_only=True):
    """A poll that was not made because the budget of its host was spent."""

    feed_id: int
    wait_seconds: float
    postponed: str


class LessonRow(msgspec.Struct, frozen=True, kw_only=True):
    """The schedule of a feed after the document of the poll at `fetched_at` was read."""

    feed_id: int
    fetched_at: datetime
    next_fetch_at: datetime
    interval_seconds: float
    interval_reason: str
    failures: float
    last_error: str | None
    schedule: State


class LearningFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed whose last document has been read. `is_pushed`: a hub pushes it."""

    feed_id: int
    url: str
    fixed_interval_seconds: float | None
    schedule: State = State()
    is_pushed: bool


class NamedHub(msgspec.Struct, frozen=True, kw_only=True):
    """The hub that a feed names, and what a new subscription there gets (`subscriptions.want`)."""

    feed_id: int
    hub: str
    topic: str
    callback: str
    secret: str


class HubRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription whose hub is to be asked. `is_unverified`: the hub accepted the last request, and no more."""

    feed_id: int
    hub: str
    topic: str
    callback: str
    secret: str
    failures: int
    is_wanted: bool
    is_unverified: bool
    is_valid: bool


class HeldSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A valid subscription to which content came. `body_sha256` is that of its last content, `url` its feed's."""

    feed_id: int
    topic: str
    secret: str
    hub: str
    body_sha256: bytes | None
    url: str


class FetchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the fetch log. `error` is null where a feed or page came, or was not modified."""

    fetched_at: datetime
    feed_id: int | None = None
    document_id: int | None = None
    url: str
    final_url: str | None = None
    status: int | None = None
    address: str | None = None
    wire_bytes: int | None = None
    body_bytes: int | None = None
    seconds: float | None = None
    sent_etag: str | None = None
    entries: int | None = None
    new_entries: int | None = None
    error: str | None = None


class RefusedPage(msgspec.Struct, frozen=True, kw_only=True):
    """A fetched page that was read and is no article. `fetched_at` is about when, `error` why it was refused."""

    feed_id: int
    document_id: int
    fetched_at: datetime
    error: str


class EntryCount(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of entries and of new entries in the document of a poll."""

    feed_id: int
    fetched_at: datetime
    entries: int
    new_entries: int


# ---- articles


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A source to be known by its slug (`sources`)."""

    slug: str
    name: str


class AliasRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `alias` (`add_aliases`)."""

    alias_key: UUID
    article_id: int
    kind: str
    value: str
    seen_at: datetime


class AliasMoveRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alias that goes from the article `held_by` to `article_id` (`move_aliases`)."""

    alias_key: UUID
    held_by: int
    article_id: int
    kind: str
    seen_at: datetime


class ArticleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `article` (`add_articles`)."""

    article_id: int
    story_id: int
    source_id: int
    canonical_url: str | None
    seen_at: datetime
    revision_no: int
    meaning_sha256: str
    release_at: datetime | None


class ArticleSeenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A filed article that was seen again, with its current revision (`update_articles`).

    `release_at` is that of the current revision; it is stored where `revision_no` is a new one.
    """

    article_id: int
    seen_at: datetime
    revision_no: int
    meaning_sha256: str
    canonical_url: str | None
    release_at: datetime | None


class RevisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `revision` (`add_revisions`). `evidence` is a JSON array of `{field, source, value, chosen}`."""

    article_id: int
    revision_no: int
    observed_at: datetime
    document_id: int
    change_kind: str
    share_changed: float | None
    headline: str | None
    byline: str | None
    description: str | None
    body_text: str
    language: str | None
    language_confidence: float | None
    canonical_url: str | None
    published_at: datetime | None
    published_precision: str
    published_source: str | None
    published_zone_known: bool | None
    published_offset_minutes: int | None
    modified_at: datetime | None
    section: str | None
    dateline_text: str | None
    dateline_place: str | None
    dateline_date: date | None
    dateline_agency: str | None
    dateline_agency_text: str | None
    agency: str | None
    agency_source: str | None
    word_count: int
    content_sha256: str
    meaning_sha256: str
    flags: tuple[str, ...]
    evidence: tuple[Any, ...]
    provider_id: str | None
    provider_version: str | None
    urgency: int | None
    release_at: datetime | None
    ed_note: str | None
    usage_terms: str | None


class AuthorRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `author` (`add_authors`)."""

    article_id: int
    revision_no: int
    ordinal: int
    name: str
    role: str | None
    name_source: str


class TagRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `tag` (`add_tags`)."""

    article_id: int
    revision_no: int
    ordinal: int
    tag: str


class SubjectRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `subject` (`add_subjects`)."""

    article_id: int
    revision_no: int
    ordinal: int
    kind: str
    scheme: str | None
    code: str | None
    name: str | None


class MediaRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `media` (`add_media`)."""

    article_id: int
    revision_no: int
    ordinal: int
    url: str
    kind: str
    media_type: str | None
    caption: str | None
    width: int | None
    height: int | None


class QuoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `quote` (`add_quotes`). Offsets are code points into `body_text`, half open."""

    article_id: int
    revision_no: int
    ordinal: int
    text: str
    start_offset: int
    end_offset: int
    speaker: str | None
    speaker_source: str | None
    cue: str | None
    kind: str


class MentionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `mention` (`add_mentions`). Offsets as in `QuoteRow`."""

    article_id: int
    revision_no: int
    ordinal: int
    kind: str
    text: str
    name: str
    start_offset: int
    end_offset: int
    count: int


class FiledItem(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one item of a document, and the current revision of its article where it was read from that."""

    document_id: int
    item_no: int
    outcome: OutcomeKind
    reason: str | None
    article_id: int | None
    revision: RevisionRow | None
    authors: tuple[AuthorRow, ...]
    tags: tuple[TagRow, ...]
    subjects: tuple[SubjectRow, ...]
    media: tuple[MediaRow, ...]
    quotes: tuple[QuoteRow, ...]
    mentions: tuple[MentionRow, ...]


class SightingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `sighting` (`add_sightings`): one of `feed_id` and `submission_id` is null."""

    article_id: int
    feed_id: int | None
    submission_id: int | None
    url: str | None
    seen_at: datetime
    times: int
    meaning_sha256: str


class PageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A page to be fetched for a filed entry (`add_pages`)."""

    url: str
    feed_id: int | None
    received_at: datetime
    context: dict[str, Any]


class RecheckRow(msgspec.Struct, frozen=True, kw_only=True):
    """A page to be fetched again `wait_seconds` from now (`add_rechecks`)."""

    article_id: int
    document_id: int
    wait_seconds: float


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `change` (`add_changes`)."""

    kind: str
    article_id: int | None = None
    revision_no: int | None = None
    story_id: int
    merged_story_id: int | None = None


class StoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A story that an article opens (`add_stories`): it has the article's id."""

    story_id: int
    seen_at: datetime


class StoryGainRow(msgspec.Struct, frozen=True, kw_only=True):
    """New articles of a story (`join_stories`): their number, and the one that was seen first, with the time."""

    story_id: int
    count: int
    seen_at: datetime
    article_id: int


# ---- what people and consumers read


class SubmissionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A submission and its document (`submissions`). Without one, the fields from `document_id` on are null."""

    submission_id: int
    channel: str
    source: str
    key: str | None
    version: int
    submitter: str | None
    received_at: datetime
    times: int
    last_received_at: datetime
    document_id: int | None
    state: str | None
    needs: str | None
    url: str | None
    attempts: int | None
    due_at: datetime | None
    done_at: datetime | None
    reason: str | None


class ItemOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `outcome`, as people and the client read it."""

    submission_id: int | None
    item_no: int
    outcome: str
    reason: str | None
    article_id: int | None
    revision_no: int | None
    headline: str | None
    key: str | None
    url: str | None
    received_at: datetime


class WaitingDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document that waits to be fetched or read (`waiting_of_url`). `reason` is that of its last attempt."""

    document_id: int
    needs: str
    attempts: int
    due_at: datetime
    reason: str | None


class DocumentState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a document (`document`). `refused`: it is a message that broke the contract."""

    state: str
    url: str | None
    reason: str | None
    refused: bool


class ArticleSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An article without its text (`articles_by_id`)."""

    article_id: int
    source: str
    headline: str | None
    canonical_url: str | None
    published_at: datetime | None
    published_precision: str
    revision_no: int
    story_id: int
    first_seen_at: datetime
    last_seen_at: datetime
    word_count: int


class Dateline(msgspec.Struct, frozen=True, kw_only=True):
    """The dateline of a revision. `agency` is the agency's own name, `agency_text` what the copy says."""

    text: str
    place: str | None
    date: str | None
    agency: str | None
    agency_text: str | None


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """`source` is where the name stood: json-ld, meta, byline, feed, submitter …"""

    name: str
    role: str | None
    source: str


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, film or recording; sizes are pixels."""

    url: str
    kind: str
    media_type: str | None
    caption: str | None
    width: int | None
    height: int | None


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """Direct speech. `start` and `end` are code points into `body_text`, half open."""

    text: str
    start: int
    end: int
    speaker: str | None
    speaker_source: str | None
    cue: str | None
    kind: str


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """The first mention of a name, and the number of all. Offsets as in `Quote`."""

    kind: str
    text: str
    name: str
    start: int
    end: int
    count: int


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says that an article is about: a name, or a code of a scheme."""

    kind: str
    scheme: str | None
    code: str | None
    name: str | None


class ArticleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of an article with all its parts (`article_records`); times are UTC."""

    article_id: int
    story_id: int
    source: str
    source_slug: str
    canonical_url: str | None
    headline: str | None
    byline: str | None
    description: str | None
    body_text: str
    language: str | None
    language_confidence: float | None
    published_at: datetime | None
    published_precision: str
    published_source: str | None
    published_zone_known: bool | None
    published_offset_minutes: int | None
    modified_at: datetime | None
    section: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    revision_no: int
    revision_count: int
    word_count: int
    dateline: Dateline | None
    agency: str | None
    agency_source: str | None
    content_sha256: str
    is_original: bool
    flags: tuple[str, ...]
    filed_at: datetime
    gone_at: datetime | None
    observed_at: datetime
    change_kind: str
    share_changed: float | None
    document_id: int
    evidence: tuple[Evidence, ...]
    provider_id: str | None
    provider_version: str | None
    urgency: int | None
    release_at: datetime | None
    ed_note: str | None
    usage_terms: str | None
    subjects: tuple[Subject, ...]
    authors: tuple[Author, ...]
    tags: tuple[str, ...]
    media: tuple[Media, ...]
    quotes: tuple[Quote, ...]
    mentions: tuple[Mention, ...]

    @property
    def urn(self) -> str:
        """Its name in what is written for others: the same in each format and for each revision."""
        return f"urn:wiredesk:article:{self.article_id}"


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """A feed or a submission that showed an article (`sightings`). `token`: the name of the token that handed it in."""

    feed_id: int | None
    feed_title: str | None
    feed_url: str | None
    submission_id: int | None
    channel: str | None
    submitter: str | None
    token: str | None
    url: str | None
    seen_at: datetime
    last_seen_at: datetime
    times: int


class RevisionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One state of an article without its text (`revision_list`)."""

    revision_no: int
    observed_at: datetime
    change_kind: str
    share_changed: float | None
    headline: str | None
    word_count: int


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token of the service web (`tokens`); `sha256` is of the token itself, which is nowhere."""

    token_id: int
    name: str
    sha256: bytes
    scopes: tuple[Scope, ...]
    source: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class Unindexed(msgspec.Struct, frozen=True, kw_only=True):
    """Changes that the search index does not have yet (`unindexed`); `cursor` is null where there are none."""

    cursor: int | None
    article_ids: tuple[int, ...]
    oldest_seconds: float | None
    changes: int


class FilterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A value that an article must have (`filters`)."""

    kind: str
    value: str


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """An article that a search found (`matches`); `rank` is 0 where it asked for no words."""

    article_id: int
    rank: float


class FoundArticle(msgspec.Struct, frozen=True, kw_only=True):
    """An article of a list, without its text. The found words of the marked texts stand between U+E000 and U+E001."""

    article_id: int
    story_id: int
    source: str
    source_slug: str
    headline: str | None
    canonical_url: str | None
    description: str | None
    agency: str | None
    dateline_place: str | None
    language: str | None
    published_at: datetime | None
    published_precision: str
    first_seen_at: datetime
    last_seen_at: datetime
    revision_no: int
    word_count: int
    is_original: bool
    flags: tuple[str, ...]
    rank: float | None
    headline_marked: str | None
    excerpt_marked: str | None


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One state of an article (`revisions`)."""

    article_id: int
    revision_no: int
    observed_at: datetime
    change_kind: str
    share_changed: float | None
    headline: str | None
    body_text: str


class StorySummary(msgspec.Struct, frozen=True, kw_only=True):
    """A surviving story (`story`). `aliases` are the ids of the stories that were merged into it."""

    story_id: int
    article_count: int
    original_article_id: int
    first_seen_at: datetime
    agency: str | None
    aliases: tuple[int, ...]


class StoryArticle(msgspec.Struct, frozen=True, kw_only=True):
    """One copy of a story, with its current text. `seconds_after_original` counts from the original's."""

    story_id: int
    ordinal: int
    article_id: int
    source: str
    headline: str | None
    canonical_url: str | None
    agency: str | None
    first_seen_at: datetime
    seconds_after_original: float
    is_original: bool
    word_count: int
    revision_count: int
    body_text: str


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of rows (`totals`); `waiting` counts documents, the last four count outcomes."""

    articles: int
    revisions: int
    stories: int
    waiting: int
    feeds: int
    created: int
    revised: int
    repeated: int
    rejected: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the change feed (`changes_after`); reading goes on after `cursor`."""

    cursor: int
    kind: str
    article_id: int | None
    revision_no: int | None
    story_id: int | None
    merged_story_id: int | None
    occurred_at: datetime
    headline: str | None


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """A rejected item. `is_refused`: its message broke the contract; `retried_by`: its next submission."""

    document_id: int
    item_no: int
    decided_at: datetime
    origin: str
    reason: str
    url: str | None
    key: str | None
    headline: str | None
    submission_id: int | None
    feed_id: int | None
    source: str
    feed_title: str | None
    discarded_at: datetime | None
    retried_by: int | None
    is_refused: bool
    has_content: bool


class RejectedContent(msgspec.Struct, frozen=True, kw_only=True):
    """`content` is None where a page could not be fetched; `known` holds the submitter's other fields."""

    content: bytes | None
    known: dict[str, Any]
    media_type: str | None
    body_bytes: int


# ---- the overview of the browser's pages


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of rows (`sizes`); above 100,000 articles and stories are estimates."""

    articles: int
    stories: int
    active_feeds: int
    paused_feeds: int


class FiledCount(msgspec.Struct, frozen=True, kw_only=True):
    """Items filed in the span that begins at `starts_at` (`filed`)."""

    starts_at: datetime
    created: int
    revised: int
    repeated: int
    rejected: int


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """An item that arrived, with its outcome and its publisher's name (`arrivals`)."""

    document_id: int
    item_no: int
    received_at: datetime
    origin: str
    outcome: str
    reason: str | None
    headline: str | None
    url: str | None
    key: str | None
    article_id: int | None
    source: str | None


class FeedGlance(msgspec.Struct, frozen=True, kw_only=True):
    """A feed in one line of `wiredesk top` (`feed_glances`)."""

    feed_id: int
    name: str
    next_fetch_at: datetime
    fetched_at: datetime | None
    changed_at: datetime | None
    last_status: int | None
    last_error: str | None
    failures: float


class CopiedStory(msgspec.Struct, frozen=True, kw_only=True):
    """A story of several copies, with source and headline of the original (`copied_stories`)."""

    story_id: int
    article_count: int
    first_seen_at: datetime
    source: str
    headline: str | None
    agency: str | None
    last_after_seconds: float


class DayYield(msgspec.Struct, frozen=True, kw_only=True):
    """New articles of a feed on one day (`yields`)."""

    feed_id: int
    day: date
    new_entries: int


class ReasonCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the latest rejections have the reason `code` (`reasons`)."""

    code: str
    items: int
