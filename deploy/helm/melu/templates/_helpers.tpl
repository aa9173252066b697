{{- define "melu.name" -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "melu.selector" -}}
app.kubernetes.io/name: melu
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "melu.labels" -}}
{{ include "melu.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "melu.secret" -}}
{{- .Values.existingSecret | default (include "melu.name" .) -}}
{{- end -}}
