// What Models says.
export default {
  "models.about": {
    en: "Everything runs on this machine. Nothing is sent away.",
    ko: "모두 이 컴퓨터에서 실행되며, 아무것도 밖으로 보내지 않습니다.",
  },
  "models.looking": {
    en: "Looking at what this machine can carry…",
    ko: "이 컴퓨터에서 돌릴 수 있는지 살펴보는 중…",
  },
  "models.kind.chat": { en: "Chat models", ko: "대화 모델" },
  "models.kind.embeddings": { en: "Embedders, for search", ko: "임베더 (검색용)" },
  "models.kind.reader": { en: "Readers, which find the words that answer", ko: "리더 (답이 되는 말을 찾음)" },
  "models.kind.reranker": { en: "Rerankers", ko: "리랭커" },
  "models.kind.adapter": { en: "Adapters", ko: "어댑터" },
  "models.used": { en: "in use", ko: "사용 중" },
  "models.here": { en: "{size} on disk", ko: "디스크 {size}" },
  "models.memory": { en: "needs {size} of memory", ko: "메모리 {size} 필요" },
  "models.speed": { en: "about {n} tokens/s", ko: "초당 약 {n}토큰" },
  "models.fits.yes": { en: "fits", ko: "가능" },
  "models.fits.tight": { en: "tight", ko: "빠듯함" },
  "models.fits.no": { en: "too large", ko: "너무 큼" },
  "models.instead": { en: "would fit: {name}", ko: "대신 가능: {name}" },
  "models.pull": { en: "Download", ko: "내려받기" },
  "models.pull.name": { en: "Download {name}", ko: "{name} 내려받기" },
  "models.large": {
    en: "{name} needs more memory than is free.",
    ko: "{name} 모델에는 여유 메모리보다 많은 메모리가 필요합니다.",
  },
  "models.use": { en: "Use", ko: "사용" },
  "models.using": {
    en: "{name} answers now, until the server ends.",
    ko: "서버가 끝날 때까지 {name} 모델이 답합니다.",
  },
  "models.remove.name": { en: "Remove {name}", ko: "{name} 삭제" },
  "models.remove.text": {
    en: "{size} become free. It can be downloaded again.",
    ko: "{size}가 비워집니다. 다시 내려받을 수 있습니다.",
  },
};
