"""Decisions as the rows that store them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from wiredesk.worker.filing.decide import Decisions, Filed, NewArticle, flags_of
from wiredesk.worker.filing.items import Arrival, Item, Outcome, Refused
from wiredesk.worker.filing.stories import StoryPlacement
from wiredesk.worker.news.model import Draft, Entry
from wiredesk.worker.news.record import stamp
from wiredesk.worker.news.values import text
from wiredesk.worker.store.records import (
    ArticleRow,
    AuthorRow,
    ChangeRow,
    ClosingRow,
    MediaRow,
    MentionRow,
    OutcomeRow,
    PageRow,
    QuoteRow,
    RecheckRow,
    RevisionRow,
    StoryGainRow,
    StoryRow,
    SubjectRow,
    TagRow,
)
from wiredesk.worker.store.stories import StoredFingerprint


@dataclass(frozen=True, slots=True)
class RevisionRows:
    """One revision and its parts."""

    revision: RevisionRow
    authors: tuple[AuthorRow, ...]
    tags: tuple[TagRow, ...]
    subjects: tuple[SubjectRow, ...]
    media: tuple[MediaRow, ...]
    quotes: tuple[QuoteRow, ...]
    mentions: tuple[MentionRow, ...]


def revision_rows(filed: Filed) -> RevisionRows:
    draft, article_id, revision_no = filed.arrival.draft, filed.article_id, filed.revision_no
    return RevisionRows(
        revision=_revision_row(filed, draft),
        authors=tuple(
            AuthorRow(
                article_id=article_id,
                revision_no=revision_no,
                ordinal=n,
                name=author.name,
                role=author.role,
                name_source=author.source,
            )
            for n, author in enumerate(draft.authors, 1)
        ),
        tags=tuple(
            TagRow(article_id=article_id, revision_no=revision_no, ordinal=n, tag=tag)
            for n, tag in enumerate(draft.tags, 1)
        ),
        subjects=tuple(
            SubjectRow(
                article_id=article_id,
                revision_no=revision_no,
                ordinal=n,
                kind=subject.kind,
                scheme=subject.scheme,
                code=subject.code,
                name=subject.name,
            )
            for n, subject in enumerate(draft.subjects, 1)
        ),
        media=tuple(
            MediaRow(
                article_id=article_id,
                revision_no=revision_no,
                ordinal=n,
                url=media.url,
                kind=media.kind,
                media_type=media.media_type,
                caption=media.caption,
                width=media.width,
                height=media.height,
            )
            for n, media in enumerate(draft.media, 1)
        ),
        quotes=tuple(
            QuoteRow(
                article_id=article_id,
                revision_no=revision_no,
                ordinal=n,
                text=quote.text,
                start_offset=quote.start,
                end_offset=quote.end,
                speaker=quote.speaker,
                speaker_source=quote.speaker_source,
                cue=quote.cue,
                kind=quote.kind,
            )
            for n, quote in enumerate(draft.quotes, 1)
        ),
        mentions=tuple(
            MentionRow(
                article_id=article_id,
                revision_no=revision_no,
                ordinal=n,
                kind=mention.kind,
                text=mention.text,
                name=mention.name,
                start_offset=mention.start,
                end_offset=mention.end,
                count=mention.count,
            )
            for n, mention in enumerate(draft.mentions, 1)
        ),
    )


def _revision_row(filed: Filed, draft: Draft) -> RevisionRow:
    at, change = filed.arrival.at, filed.change
    published, dateline = draft.published, draft.dateline
    return RevisionRow(
        article_id=filed.article_id,
        revision_no=filed.revision_no,
        observed_at=filed.arrival.reread.at if filed.arrival.reread else at.received_at,
        document_id=at.document_id,
        change_kind=change.kind if change else "created",
        share_changed=change.share_changed if change else None,
        headline=draft.headline,
        byline=draft.byline,
        description=draft.description,
        body_text=draft.body_text,
        language=draft.language,
        language_confidence=draft.language_confidence,
        canonical_url=draft.canonical_url,
        published_at=published.at if published else None,
        published_precision=published.precision if published else "unknown",
        published_source=published.source if published else None,
        published_zone_known=published.zone_known if published else None,
        published_offset_minutes=published.offset_minutes if published else None,
        modified_at=draft.modified.at if draft.modified else None,
        section=draft.section,
        dateline_text=dateline.text or None if dateline else None,
        dateline_place=dateline.place if dateline else None,
        dateline_date=dateline.date if dateline else None,
        dateline_agency=dateline.agency if dateline else None,
        dateline_agency_text=dateline.agency_text if dateline else None,
        agency=draft.agency,
        agency_source=draft.agency_source,
        word_count=text.word_count(draft.body_text),
        content_sha256=text.content_sha256(draft.headline, draft.body_text),
        meaning_sha256=filed.arrival.identity.meaning_sha256.hex(),
        flags=flags_of(draft),
        evidence=draft.evidence,
        provider_id=draft.provider_id,
        provider_version=draft.provider_version,
        urgency=draft.urgency,
        release_at=draft.release_at,
        ed_note=draft.ed_note,
        usage_terms=draft.usage_terms,
    )


def article_row(new: NewArticle, source_ids: Mapping[str, int], placement: StoryPlacement) -> ArticleRow:
    article = new.article
    return ArticleRow(
        article_id=article.article_id,
        story_id=placement.story_ids.get(article.article_id, article.article_id),
        source_id=source_ids[article.source],
        canonical_url=new.canonical_url,
        seen_at=new.arrival.at.received_at,
        revision_no=article.revision_no,
        meaning_sha256=article.meaning_sha256.hex(),
        release_at=article.release_at,
    )


def story_rows(
    created: Iterable[NewArticle], placement: StoryPlacement, survivors: Mapping[int, int]
) -> tuple[list[StoryRow], list[StoryGainRow]]:
    """The stories that new articles open or join. `survivors`: story → the story that it was merged into."""
    opened: list[StoryRow] = []
    joined: dict[int, StoryGainRow] = {}
    for new in created:
        article_id, seen_at = new.article.article_id, new.arrival.at.received_at
        story_id = placement.story_ids.get(article_id, article_id)
        if story_id == article_id:
            opened.append(StoryRow(story_id=story_id, seen_at=seen_at))
            continue
        story_id = survivors.get(story_id, story_id)
        before = joined.get(story_id)
        first_seen_at, first = min(
            (seen_at, article_id), (before.seen_at, before.article_id) if before else (seen_at, article_id)
        )
        joined[story_id] = StoryGainRow(
            story_id=story_id, count=(before.count if before else 0) + 1, seen_at=first_seen_at, article_id=first
        )
    return opened, [joined[story_id] for story_id in sorted(joined)]


def change_rows(decided: Decisions, placement: StoryPlacement) -> list[ChangeRow]:
    rows: list[ChangeRow] = []
    for filed in decided.filed:
        story_id = filed.story_id or placement.story_ids.get(filed.article_id, filed.article_id)
        rows.append(
            ChangeRow(
                kind=_change_kind(filed),
                article_id=filed.article_id,
                revision_no=filed.revision_no,
                story_id=placement.merged.get(story_id, story_id),
            )
        )
    merged = sorted(placement.merged.items())
    return rows + [ChangeRow(kind="merged", story_id=survivor, merged_story_id=lost) for lost, survivor in merged]


def _change_kind(filed: Filed) -> str:
    if filed.change is None:
        return "created"
    return "reread" if filed.change.kind == "reread" else "revised"


def reread_fingerprints(decided: Decisions, window: timedelta) -> list[StoredFingerprint]:
    """The fingerprints of reread texts that differ, where they are recent enough to match later copies."""
    return [
        StoredFingerprint(filed.article_id, filed.revision_no, filed.arrival.at.received_at, filed.arrival.fingerprint)
        for filed in decided.filed
        if filed.arrival.fingerprint is not None
        if (reread := filed.arrival.reread) is not None
        if reread.has_new_text and reread.at - filed.arrival.at.received_at <= window
    ]


def page_rows(decided: Decisions) -> list[PageRow]:
    """The pages of entries, to be fetched; the entry's fields are used where the page has none."""
    return [
        PageRow(
            url=draft.url,
            feed_id=filed.arrival.at.feed_id,
            received_at=filed.arrival.at.received_at,
            context={"entry": _entry(draft), "page_of": filed.article_id},
        )
        for filed in decided.filed
        if filed.arrival.wants_page and (draft := filed.arrival.draft).url is not None
    ]


def _entry(draft: Draft) -> Entry:
    return Entry(
        url=draft.url,
        headline=draft.headline,
        published_at=stamp(draft.published),
        authors=tuple(author.name for author in draft.authors),
        language=draft.language,
    )


def recheck_rows(decided: Decisions) -> list[RecheckRow]:
    """The pages to be fetched again: those of filed articles, and those that were not articles."""
    found: list[tuple[int | None, Item]] = [(filed.article_id, filed.arrival) for filed in decided.filed]
    found += [(one.page_of, one) for o in decided.outcomes if isinstance(one := o.item, Refused)]
    return [
        RecheckRow(article_id=article_id, document_id=item.at.document_id, wait_seconds=item.recheck_seconds)
        for article_id, item in found
        if article_id is not None and item.recheck_seconds is not None
    ]


def shown_articles(outcomes: Iterable[Outcome]) -> list[int]:
    """The articles that their own pages show."""
    pages = (o for o in outcomes if isinstance(o.item, Arrival) and o.item.is_page)
    return [o.article_id for o in pages if o.article_id is not None]


def outcome_row(outcome: Outcome) -> OutcomeRow:
    at, draft = outcome.at, outcome.draft
    # A submission has one outcome; later fetches of the page that it named are not its own.
    is_submission = at.origin == "submission"
    return OutcomeRow(
        received_at=at.received_at,
        document_id=at.document_id,
        item_no=at.item_no,
        origin=at.origin,
        feed_id=at.feed_id,
        submission_id=at.submission_id if is_submission else None,
        url=(draft.canonical_url if draft else None) or at.url,
        key=at.key if is_submission else None,
        headline=outcome.headline,
        outcome=outcome.outcome,
        reason=outcome.reason,
        article_id=outcome.article_id,
        revision_no=outcome.revision_no,
    )


def closing_rows(outcomes: Sequence[Outcome], document_ids: Iterable[int]) -> list[ClosingRow]:
    """A row for each document; it has a reason where the document as a whole was rejected."""
    counts: dict[int, Counter[str]] = {document_id: Counter() for document_id in document_ids}
    reasons: dict[int, str | None] = {}
    for outcome in outcomes:
        counts[outcome.at.document_id][outcome.outcome] += 1
        if outcome.at.item_no == 0:
            reasons[outcome.at.document_id] = outcome.reason
    return [
        ClosingRow(
            document_id=document_id,
            created=count["created"],
            revised=count["revised"],
            repeated=count["repeated"],
            rejected=count["rejected"],
            reason=reasons.get(document_id),
        )
        for document_id, count in counts.items()
    ]
