{{- define "praetor.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Argument: a dict of the root context and the component's name. What a Deployment and its Service select by. */}}
{{- define "praetor.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "praetor.labels" -}}
{{ include "praetor.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "praetor.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "praetor.webhookSecret" -}}
{{- default (printf "%s-webhook" (include "praetor.fullname" .)) .Values.webhook.existingSecret -}}
{{- end -}}

{{/* Deployment, Sidecar, or nothing where it is not enabled. */}}
{{- define "praetor.openenvMode" -}}
{{- if .Values.openenv.enabled -}}{{ .Values.openenv.mode }}{{- end -}}
{{- end -}}

{{/* The component whose pods the OpenEnv server is in. */}}
{{- define "praetor.openenvComponent" -}}
{{- ternary "operator" "openenv" (eq .Values.openenv.mode "Sidecar") -}}
{{- end -}}

{{- define "praetor.openenvSecret" -}}
{{- default (printf "%s-openenv" (include "praetor.fullname" .)) .Values.openenv.existingSecret -}}
{{- end -}}

{{/* The namespaces that are served: those named and the release's own, where alerts come in. Empty: all. */}}
{{- define "praetor.namespaces" -}}
{{- if .Values.watchNamespaces -}}
{{- append .Values.watchNamespaces .Release.Namespace | uniq | join "," -}}
{{- end -}}
{{- end -}}

{{- define "praetor.namespaceFlags" -}}
{{- range splitList "," (include "praetor.namespaces" .) | compact }}
- --namespace={{ . }}
{{- end }}
{{- end -}}

{{- define "praetor.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "praetor.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Argument: a list of objects. Their names, with commas. */}}
{{- define "praetor.names" -}}
{{- range $index, $one := . }}{{ if $index }},{{ end }}{{ $one.name }}{{ end -}}
{{- end -}}
