/** Something that turns the file of a page into text. */
export interface Reader extends AsyncDisposable {
  /** As it stands at the head of its columns. */
  name: string
  read(path: string): Promise<string>
}
