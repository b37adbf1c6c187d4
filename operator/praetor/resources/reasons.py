"""Every reason that a condition or an Event of Praetor gives; `MEANING` is what the documentation shows."""

NOT_YET_OBSERVED = "NotYetObserved"

RUN_ACCEPTED = "RunAccepted"
EPISODE_STARTED = "EpisodeStarted"
EPISODE_ENDED = "EpisodeEnded"
REPORT_STORED = "ReportStored"
SUSPENDED = "Suspended"
RESUMED = "Resumed"
RETRYING = "Retrying"

CAUSES_RIGHT = "CausesRight"
CAUSES_WRONG = "CausesWrong"
NOT_DECLARED = "NotDeclared"
TRUTH_UNKNOWN = "TruthUnknown"
OBJECTIVES_HOLD = "ObjectivesHold"
OBJECTIVES_BROKEN = "ObjectivesBroken"
RESOLVED = "Resolved"
NOT_RESOLVED = "NotResolved"
NOT_NEEDED = "NotNeeded"

WAITS_FOR_APPROVAL = "WaitsForApproval"
APPROVED = "Approved"
DENIED = "Denied"
APPROVAL_TIMED_OUT = "ApprovalTimedOut"
APPROVALS_NOT_GUARDED = "ApprovalsNotGuarded"
FAULT_RECURRED = "FaultRecurred"
CHANGE_SUGGESTED = "ChangeSuggested"

NOTHING_TO_ACT_ON = "NothingToActOn"
SITE_BUSY = "SiteBusy"
REPLACED = "Replaced"
CANCELLED = "Cancelled"
NO_EPISODE = "NoEpisode"
NOT_FAILED = "NotFailed"
NOT_COMPLETE = "NotComplete"

SCENARIO_NOT_FOUND = "ScenarioNotFound"
SCENARIO_INVALID = "ScenarioInvalid"
POLICY_NOT_FOUND = "PolicyNotFound"
MODEL_UNAVAILABLE = "ModelUnavailable"
POLICY_FAILED = "PolicyFailed"
SUBSTRATE_UNAVAILABLE = "SubstrateUnavailable"
DEADLINE_EXCEEDED = "DeadlineExceeded"
BACKOFF_LIMIT_EXCEEDED = "BackoffLimitExceeded"
SPEC_INVALID = "SpecInvalid"
STORE_REFUSED = "StoreRefused"

EXPERIMENT_BEGUN = "ExperimentBegun"
EXPERIMENT_REFUSED = "ExperimentRefused"
NOT_STEADY = "NotSteady"
DEADMAN_NOT_ARMED = "DeadmanNotArmed"
FAULT_INJECTED = "FaultInjected"
FAULT_NOT_INJECTED = "FaultNotInjected"
FAULT_HEALED = "FaultHealed"
BROKE_ELSEWHERE = "BrokeElsewhere"
NOT_HEALED = "NotHealed"
NOT_RESTORED = "NotRestored"

SCENARIO_VALID = "ScenarioValid"
NOTHING_TO_PROBE = "NothingToProbe"
SITE_ANSWERS = "SiteAnswers"
SITE_DOES_NOT_CONFORM = "SiteDoesNotConform"
SITE_DOES_NOT_ANSWER = "SiteDoesNotAnswer"
SITE_UNAVAILABLE = "SiteUnavailable"
RIGHTS_MISSING = "RightsMissing"
NO_FAULT_SEEN = "NoFaultSeen"
FAULT_SUSPECTED = "FaultSuspected"
FAULT_SEEN = "FaultSeen"
SITE_NOT_SEEN = "SiteNotSeen"
REQUESTS_SEEN = "RequestsSeen"
NO_REQUESTS_SEEN = "NoRequestsSeen"

MEANING = {
    NOT_YET_OBSERVED: "Nothing is known about this yet.",
    RUN_ACCEPTED: "The operator has seen the run and will play it.",
    EPISODE_STARTED: "The policy has been paged and is at work.",
    EPISODE_ENDED: "The episode came to its end: the policy declared, or its budget ran out.",
    REPORT_STORED: "Trace and post-mortem are stored as ConfigMaps that belong to the run.",
    SUSPENDED: "`spec.suspend` is true: nothing happens until it is false again.",
    RESUMED: "`spec.suspend` is false again.",
    RETRYING: "The infrastructure failed, not the policy; the episode is tried again after a pause.",
    CAUSES_RIGHT: "The declared causes name the services and classes of mechanism that were at fault.",
    CAUSES_WRONG: "The declared causes are not the ones that were at fault.",
    NOT_DECLARED: "The episode ended before the policy declared a cause.",
    TRUTH_UNKNOWN: "Nobody knows what was truly at fault, so the declaration cannot be judged.",
    OBJECTIVES_HOLD: "The service level objectives hold again.",
    OBJECTIVES_BROKEN: "A service level objective is still broken.",
    RESOLVED: "Mitigated, verified through the stabilisation window, and rightly diagnosed.",
    NOT_RESOLVED: "The episode ended, and the incident is not resolved.",
    NOT_NEEDED: "No person has to look at this.",
    WAITS_FOR_APPROVAL: "A change waits for a person; `status.awaiting` says which, why, and until when.",
    APPROVED: "A person approved the change that waited.",
    DENIED: "A person denied the change that waited; the policy was told and goes on.",
    APPROVAL_TIMED_OUT: "Nobody decided within `spec.approvalTimeoutSeconds`: a person has to look.",
    APPROVALS_NOT_GUARDED: "The admission policy that guards approvals is not there, so that none is honoured.",
    FAULT_RECURRED: "An earlier run made the same change within the site's verification window, and the fault is back: "
    "a person has to look.",
    CHANGE_SUGGESTED: "`spec.mode` is `Suggest`: `status.suggestions` says what a person should do.",
    NOTHING_TO_ACT_ON: "No family fits the alert and no TargetSite matches it: a person has to look.",
    SITE_BUSY: "Another run is at work on the TargetSite, whose `concurrency` is `Forbid`: a person has to look.",
    REPLACED: "A newer run of the same TargetSite, whose `concurrency` is `Replace`, took this one's place.",
    CANCELLED: "`spec.cancel` ended the run.",
    NO_EPISODE: "No episode was played, so there is nothing to say about this.",
    NOT_FAILED: "The run came to its end.",
    NOT_COMPLETE: "The run ended before its episode did.",
    SCENARIO_NOT_FOUND: "`spec.scenarioRef` names a scenario that does not exist, or has no episodes in `spec.split`.",
    SCENARIO_INVALID: "The IncidentScenario cannot be played; its condition `Validated` says why.",
    POLICY_NOT_FOUND: "`spec.policy.name` names a policy that does not exist.",
    MODEL_UNAVAILABLE: "The language model that `spec.policy` names cannot be asked; the message says what would help.",
    POLICY_FAILED: "The policy raised an error instead of a decision.",
    SUBSTRATE_UNAVAILABLE: "The target cannot be acted on.",
    DEADLINE_EXCEEDED: "`spec.activeDeadlineSeconds` passed before the episode ended.",
    BACKOFF_LIMIT_EXCEEDED: "The infrastructure failed more often than `spec.backoffLimit` allows.",
    SPEC_INVALID: "The object was stored by another version and this one cannot read its spec.",
    STORE_REFUSED: "The store refused for good a status or an artifact of the run; the message says why.",
    EXPERIMENT_BEGUN: "The run is an experiment; first it is seen whether all is well.",
    EXPERIMENT_REFUSED: "The experiment may not or cannot be made; the message says why. Nothing was broken.",
    NOT_STEADY: "The objectives did not hold before the experiment, so that nothing was broken.",
    DEADMAN_NOT_ARMED: "Nobody would have healed the fault without the operator, so that nothing was broken.",
    FAULT_INJECTED: "The fault was brought about.",
    FAULT_NOT_INJECTED: "The target did not take the fault.",
    FAULT_HEALED: "What was broken on purpose is put back.",
    BROKE_ELSEWHERE: "An objective broke at a service that does not call the target: the experiment was ended.",
    NOT_HEALED: "The fault may still be there, and cannot be healed now: a person has to look.",
    NOT_RESTORED: "The fault is healed, and the objectives do not hold: a person has to look.",
    SCENARIO_VALID: "The scenario can be played.",
    NOTHING_TO_PROBE: "Neither `spec.http` nor `spec.kubernetes` is set, so that nobody can ask the site anything.",
    SITE_ANSWERS: "The site answers, and what a run needs of it keeps the contract.",
    SITE_DOES_NOT_CONFORM: "The site answers, and `status.endpoints` says which endpoint does not keep the contract.",
    SITE_DOES_NOT_ANSWER: "There was no answer, or none that may be asked for; the message says why.",
    RIGHTS_MISSING: "The namespace can be read; `status.endpoints` says what the operator may not do there.",
    SITE_UNAVAILABLE: "It was not asked, for example since its token cannot be read; the message says what would help.",
    NO_FAULT_SEEN: "What the site shows looks healthy.",
    FAULT_SUSPECTED: "The last probe saw a fault; the next one tells whether it stays.",
    FAULT_SEEN: "Two probes in a row saw a fault, and no two in a row have seen none since.",
    SITE_NOT_SEEN: "The last probe could not see how the site is; `Reachable` says why.",
    REQUESTS_SEEN: "The last probe saw how requests of the first service, which users reach, do.",
    NO_REQUESTS_SEEN: "Nobody measures the requests of the first service, or it has none: whether users are served is "
    "not known, however healthy all services are.",
}
