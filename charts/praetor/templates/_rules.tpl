{{/* What the operator does in a namespace that it watches. It creates runs for faults that probes found, on
     sites whose `onFault` is `Run`, and notes further probes in their status. */}}
{{- define "praetor.rules.operator" -}}
- apiGroups: [praetor.dev]
  resources: [incidentruns]
  verbs: [get, list, watch, create, delete{{ if .Values.chaos.enabled }}, update{{ end }}]
- apiGroups: [praetor.dev]
  resources: [incidentscenarios, targetsites]
  verbs: [get, list, watch]
- apiGroups: [praetor.dev]
  resources: [incidentruns/status, incidentscenarios/status, targetsites/status]
  verbs: [update]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
- apiGroups: [""]
  resources: [services]
  verbs: [get]
{{- if .Values.chaos.enabled }}
- apiGroups: [batch] # who heals a site when nobody else does, beside the run
  resources: [jobs]
  verbs: [get, create, delete]
{{- end }}
{{- end -}}

{{/* What experiments need in a namespace whose workloads they break, beside what runs need there: to break, to heal, and
     to have somebody stand by. */}}
{{- define "praetor.rules.chaos" -}}
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, create, delete]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, create, delete]
{{- end -}}

{{/* Looking whether approvals are guarded: without this the operator honours none. */}}
{{- define "praetor.rules.approvals" -}}
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingadmissionpolicies, validatingadmissionpolicybindings]
  resourceNames: [incidentrun-approvals.praetor.dev]
  verbs: [get]
{{- end -}}

{{/* What the gateway does: it opens runs for alerts, counts later alerts in their status, cancels them
     (`update`) when their alerts are resolved and `--when-resolved` says so, and shows runs to people. */}}
{{- define "praetor.rules.gateway" -}}
- apiGroups: [praetor.dev]
  resources: [incidentruns]
  verbs: [get, list, watch, create, update]
- apiGroups: [praetor.dev]
  resources: [incidentruns/status]
  verbs: [update]
- apiGroups: [praetor.dev]
  resources: [targetsites]
  verbs: [get, list, watch]
- apiGroups: [praetor.dev]
  resources: [incidentscenarios]
  verbs: [get, list]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [list]
{{- end -}}

{{/* Arguments: configMaps. What runs do with the workloads of a namespace: they look, and patch Deployments, StatefulSets and
     the named ConfigMaps. They make and delete nothing but pods that are evicted, and see no Secret. */}}
{{- define "praetor.rules.target" -}}
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [list, patch]
- apiGroups: [apps]
  resources: [replicasets, controllerrevisions]
  verbs: [list]
- apiGroups: [""]
  resources: [pods, events, services]
  verbs: [list]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [""]
  resources: [pods/eviction] # of a pod that a StatefulSet waits for in vain
  verbs: [create]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [list]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [list]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [list]
- apiGroups: [metrics.k8s.io]
  resources: [pods]
  verbs: [list]
{{- with .configMaps }}
- apiGroups: [""]
  resources: [configmaps]
  resourceNames:
    {{- toYaml . | nindent 4 }}
  verbs: [get, patch]
{{- end }}
{{- end -}}

{{/* Asking the API server who calls and what they may do. */}}
{{- define "praetor.rules.reviews" -}}
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
{{- end -}}

{{/* Arguments: root, component, scope (ClusterRole or Role), name, namespace (of a Role), rules. A role and its binding. */}}
{{- define "praetor.grant" -}}
{{- $account := printf "%s-%s" (include "praetor.fullname" .root) .component -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .scope }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "praetor.labels" . | nindent 4 }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .scope }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "praetor.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .scope }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ $account }}
    namespace: {{ .root.Release.Namespace }}
{{ end -}}

{{/* The Lease that one of several operators holds. A creation cannot be bound to a name. */}}
{{- define "praetor.rules.leader" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [praetor-operator]
  verbs: [get, update]
{{- end -}}

{{/* The demo site's token, and no other Secret. */}}
{{- define "praetor.rules.demoToken" -}}
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ include "praetor.demoSecret" . }}]
  verbs: [get]
{{- end -}}
